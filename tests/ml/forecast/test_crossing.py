from __future__ import annotations

import numpy as np
import pytest

from ml.forecast.crossing import Bound, crossing

PATHS = np.zeros((4, 3)) + np.array([[-1.0], [0.0], [1.0], [2.0]])


def test_the_gravest_likely_limit_is_told_with_the_step_by_which_it_is_as_likely_as_not():
    found = crossing(np.array([6.0, 8.0, 10.0]), PATHS, (Bound("warning", 7.5), Bound("critical", 9.5)))
    assert (found.severity, found.limit, found.step) == ("critical", 9.5, 2)
    assert found.probability.tolist() == [0, 0.25, 0.75]


def test_a_limit_that_is_not_likely_has_a_probability_and_no_severity():
    found = crossing(np.array([6.0, 6.0, 6.0]), PATHS, (Bound("warning", 7.5), Bound("critical", 9.5)))
    assert (found.severity, found.limit, found.step) == ("", 7.5, None)
    assert found.probability[-1] == pytest.approx(0.25)


def test_a_limit_may_be_crossed_from_above():
    found = crossing(np.array([6.0, 4.0, 2.0]), PATHS, (Bound("warning", 3.5, above=False),))
    assert (found.severity, found.step) == ("warning", 2)


def test_once_crossed_is_crossed():
    found = crossing(np.array([9.0, 1.0, 1.0]), PATHS, (Bound("warning", 7.5),))
    assert found.probability.tolist() == [1, 1, 1]


def test_without_a_limit_nothing_is_told():
    assert crossing(np.array([6.0]), PATHS[:, :1], ()) is None
