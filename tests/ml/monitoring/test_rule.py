"""When a window breaches, and when to retrain."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.monitoring.live import Live
from ml.monitoring.rule import breaches, retrain
from ml.spec.monitoring import Monitoring


@pytest.mark.parametrize(
    ("windows", "due"),
    [
        ([], False),
        ([True], False),
        ([True, True], True),
        ([True, False, False, False, True], True),
        ([True, False, False, False, False, True], False),
        ([True, True, True, True, False], False),
    ],
)
def test_two_of_the_last_five_windows_and_the_newest_make_it_due(windows, due):
    assert retrain(windows) is due


@given(st.lists(st.booleans(), max_size=12))
def test_what_lies_before_the_last_five_windows_changes_nothing(windows):
    assert retrain(windows) == retrain(windows[-5:])
    assert retrain([*windows, False]) is False


def test_a_window_breaches_by_drift_or_by_a_score_and_says_so():
    limits = Monitoring(drift_share=0.5, at_least={"recall": 0.6}, at_most={"brier_score": 0.2}, minimum_judged=10)
    assert breaches(0.5, Live(20, 10, {"recall": 0.6, "brier_score": 0.2}), limits) == []
    assert breaches(0.75, Live(0, 0, {}), limits) == ["75% of the features differ from the training data (limit 50%)."]
    assert breaches(None, Live(20, 10, {"recall": 0.5, "brier_score": 0.3}), limits) == [
        "Live recall is 0.500, below 0.6, of 10 outcomes.",
        "Live brier score is 0.300, above 0.2, of 10 outcomes.",
    ]


def test_too_few_outcomes_or_an_unknown_score_breach_nothing():
    limits = Monitoring(at_least={"recall": 0.6}, minimum_judged=10)
    assert breaches(None, Live(50, 9, {"recall": 0.0}), limits) == []
    assert breaches(None, Live(100, 100, {}), limits) == []


def test_the_share_that_is_flagged_needs_no_outcomes():
    limits = Monitoring(at_most={"flagged_share": 0.1}, minimum_judged=10)
    assert breaches(None, Live(9, 0, {"flagged_share": 0.5}), limits) == []
    assert breaches(None, Live(10, 0, {"flagged_share": 0.5}), limits) == [
        "Live flagged share is 0.500, above 0.1, of 10 predictions."
    ]
