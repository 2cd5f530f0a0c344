"""Scores by row and by event, thresholds and intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from ml import threshold
from ml.alarms import by_event
from ml.bootstrap import intervals
from ml.scores import average_precision, by_row, f1
from tests.ml.plant import BEGIN

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20), st.integers(0, 3)), min_size=1, max_size=80
)


def columns(rows):
    fails, probability, weight = (np.array(column) for column in zip(*rows, strict=True))
    return fails.astype(bool), probability.astype(float), weight.astype(float)


@given(rows=ROWS)
def test_scores_are_those_of_scikit_learn(rows):
    fails, probability, weight = columns(rows)
    assume(fails.any() and not fails.all() and weight[fails].any())
    found = by_row(fails, probability, 0.5)
    predicted = probability >= 0.5
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(fails, probability))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(fails, probability))
    assert found["f1"] == pytest.approx(metrics.f1_score(fails, predicted))
    assert found["recall"] == pytest.approx(metrics.recall_score(fails, predicted))
    weighted = metrics.average_precision_score(fails, probability, sample_weight=weight)
    assert average_precision(fails, probability, weight) == pytest.approx(weighted)


@given(rows=ROWS)
def test_no_other_threshold_reaches_a_higher_f1(rows):
    fails, probability, _ = columns(rows)
    chosen = threshold.choose(fails, probability)
    if fails.all() or not fails.any():
        assert chosen == threshold.UNDECIDED
        return
    best = max(f1(fails, probability >= other) for other in np.unique(probability))
    assert f1(fails, probability >= chosen) == pytest.approx(best)


def test_of_equal_thresholds_the_middle_one_is_taken():
    assert threshold.choose(np.array([False, True]), np.array([0.1, 0.9])) == pytest.approx(0.5)


def alarmed(hours: list[int], failures: list[int], length: int = 100) -> dict[str, float]:
    """By event, for one machine with a row an hour, predicted at these hours, failing at those."""
    time = pd.Series(pd.date_range(BEGIN, periods=length, freq="h"))
    following = [min((f for f in failures if f > n), default=None) for n in range(length)]
    rows = pd.DataFrame(
        {
            "equipment_id": "m0",
            "hour": time,
            "time": time,
            "next_failure": pd.to_datetime(
                [None if f is None else BEGIN + pd.Timedelta(hours=f) for f in following], utc=True
            ),
        }
    )
    return by_event(rows, np.isin(np.arange(length), hours), 24)


def test_a_failure_is_foreseen_by_any_alarm_within_the_horizon():
    found = alarmed(hours=[40, 41], failures=[50, 90])
    assert (found["failures"], found["failures_foreseen"], found["event_recall"]) == (2, 1, 0.5)
    assert (found["median_lead_hours"], found["alarms"], found["false_alarms"]) == (10, 1, 0)


def test_an_alarm_that_no_failure_follows_is_false_once_however_many_rows_it_has():
    found = alarmed(hours=[5, 6, 7, 20, 60], failures=[98])
    assert (found["alarms"], found["false_alarms"], found["failures_foreseen"]) == (2, 2, 0)
    assert found["false_alarms_per_machine_month"] == pytest.approx(2 / (100 / 730.5))


def test_what_is_predicted_after_a_failure_is_another_alarm():
    assert alarmed(hours=[48, 49, 50, 51], failures=[50])["false_alarms"] == 1


def test_without_alarms_there_are_none_false():
    found = alarmed(hours=[], failures=[50])
    assert (found["alarms"], found["false_alarms"], found["event_recall"]) == (0, 0, 0)


def test_an_interval_is_as_wide_as_the_events_are_few():
    random = np.random.default_rng(3)

    def width(failures: int) -> float:
        time = pd.Series(pd.date_range(BEGIN, periods=failures * 240, freq="h"))
        at = np.arange(len(time)) // 240 * 240 + 100
        fails = (np.arange(len(time)) < at) & (np.arange(len(time)) >= at - 24)
        seen = np.repeat(random.random(failures) > 0.3, 240)  # whole failures are seen or missed
        probability = np.where(fails & seen, 0.9, random.random(len(time)) * 0.5)
        ahead = pd.Series(BEGIN + pd.to_timedelta(at, unit="h"))
        rows = pd.DataFrame({"equipment_id": "m0", "time": time, "next_failure": ahead})
        low, high = intervals(rows, fails, probability, 0.7, 200, 1)["f1"]
        assert low <= f1(fails, probability >= 0.7) <= high
        return high - low

    assert width(5) > 2 * width(100) > 0


def test_without_a_failure_there_is_no_interval():
    rows = pd.DataFrame({"equipment_id": "m0", "time": [BEGIN], "next_failure": [pd.NaT]})
    assert intervals(rows, np.array([False]), np.array([0.2]), 0.5, 10, 1) == {}
