from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.rul.intervals import learn
from ml.rul.scores import metrics, nasa


def test_the_nasa_penalty_is_that_of_the_paper_and_worse_when_late():
    assert nasa(np.array([-13.0, 0.0, 10.0])).tolist() == pytest.approx([np.e - 1, 0, np.e - 1])
    assert nasa(np.array([5.0])) > nasa(np.array([-5.0]))


def test_a_row_of_weight_two_counts_as_two_rows():
    rows = pd.DataFrame({"block": ["a", "b"], "life": [10.0, 20.0], "value": [12.0, 20.0]})
    twice = metrics(pd.concat([rows, rows.iloc[[0]]], ignore_index=True))
    weighted = metrics(rows, np.array([2.0, 1.0]))
    assert weighted == pytest.approx(twice)


def test_intervals_hold_as_often_as_they_say_and_are_narrow_where_errors_are_small():
    random = np.random.default_rng(0)
    told = random.uniform(0, 100, 6000)
    life = np.maximum(told + random.normal(0, 1, 6000) * (1 + told / 5), 0)
    ends = learn(told[:3000], life[:3000], 100)
    around = ends.around(told[3000:])
    inside = (life[3000:] >= around[:, 0]) & (life[3000:] <= around[:, 1])
    assert inside.mean() == pytest.approx(0.8, abs=0.03)
    width = ends.around(np.array([5.0, 95.0]))
    assert width[0, 1] - width[0, 0] < 0.4 * (width[1, 1] - width[1, 0])
