"""Scores by event, and the thresholds chosen by row and by event."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.failure import threshold
from ml.failure.alarms import by_event
from ml.scores import f1
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import BEGIN

ROWS = st.lists(st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20)), min_size=1, max_size=80)
SPEC = parse_spec(make_spec(), "test")


def chosen(fails, probability, **alarm) -> float:
    spec = SPEC.model_copy(update={"alarm": SPEC.alarm.model_copy(update=alarm)})
    return threshold.choose(pd.DataFrame({"fails": fails}), np.asarray(probability, dtype=float), spec)


@given(rows=ROWS)
def test_no_other_threshold_reaches_a_higher_f1(rows):
    fails, probability = (np.array(column) for column in zip(*rows, strict=True))
    found = chosen(fails, probability)
    if fails.all() or not fails.any():
        assert found == threshold.UNDECIDED
        return
    best = max(f1(fails, probability >= other) for other in np.unique(probability))
    assert f1(fails, probability >= found) == pytest.approx(best)


@given(rows=ROWS, wanted=st.sampled_from([0.5, 0.8, 1.0]))
def test_a_wanted_recall_is_reached_with_the_best_precision(rows, wanted):
    fails, probability = (np.array(column) for column in zip(*rows, strict=True))
    if fails.all() or not fails.any():
        return
    found = chosen(fails, probability, wanted_recall=wanted)
    assert (probability[fails] >= found).mean() >= wanted

    def precision(level):
        return fails[probability >= level].mean()

    others = [level for level in np.unique(probability) if (probability[fails] >= level).mean() >= wanted]
    assert precision(found) == pytest.approx(max(precision(level) for level in others))


def test_a_threshold_that_is_given_is_not_chosen():
    assert chosen([False, True], [0.1, 0.9], threshold=0.25) == 0.25
    assert chosen([False, False], [0.1, 0.9], threshold=0.25) == 0.25


@pytest.mark.parametrize(
    ("alarm", "said"),
    [
        ({"threshold": 1}, r"alarm\.threshold = 1: expected a number below 1"),
        ({"threshold": 0}, r"alarm\.threshold = 0: expected a number above 0"),
        ({"threshold": 0.3, "wanted_recall": 0.9}, "expected either threshold or wanted_recall"),
    ],
)
def test_a_threshold_is_a_probability_and_either_given_or_chosen(alarm, said):
    with pytest.raises(MillwrightError, match=said):
        parse_spec(make_spec(alarm=alarm), "test")


def test_of_equal_thresholds_the_middle_one_is_taken():
    assert chosen([False, True], [0.1, 0.9]) == pytest.approx(0.5)


def alarmed(hours: list[int], failures: list[int], repaired: int | None = None, length: int = 100) -> dict[str, float]:
    """By event, for one machine with a row an hour, predicted at these hours, failing at those, maintained once."""
    time = pd.Series(pd.date_range(BEGIN, periods=length, freq="h"))
    following = [min((f for f in failures if f > n), default=None) for n in range(length)]
    rows = pd.DataFrame(
        {
            "equipment_id": "m0",
            "slot": time,
            "time": time,
            "next_failure": pd.to_datetime(
                [None if f is None else BEGIN + pd.Timedelta(hours=f) for f in following], utc=True
            ),
            "maintained": [repaired is not None and n < repaired <= n + 24 for n in range(length)],
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


def test_of_a_false_alarm_it_is_told_whether_a_maintenance_may_have_forestalled_the_failure():
    found = alarmed(hours=[5, 6, 60], failures=[98], repaired=20)
    assert (found["false_alarms"], found["false_alarms_maintained"]) == (2, 1)


def test_without_alarms_there_are_none_false():
    found = alarmed(hours=[], failures=[50])
    assert (found["alarms"], found["false_alarms"], found["event_recall"]) == (0, 0, 0)


def test_by_event_a_threshold_is_chosen_that_foresees_failures_with_few_false_alarms():
    time = pd.Series(pd.date_range(BEGIN, periods=400, freq="h"))
    failure = BEGIN + pd.Timedelta(hours=350)
    keys = {"equipment_id": "m0", "slot": time, "time": time}
    rows = pd.DataFrame(keys | {"next_failure": failure, "maintained": False})
    rows.loc[350:, "next_failure"] = pd.NaT
    rows["fails"] = rows["next_failure"] - rows["time"] <= pd.Timedelta(hours=24)
    probability = np.full(400, 0.05)
    probability[[50, 120, 200]] = 0.5  # single rows that mean nothing
    probability[340:350] = 0.8
    by_event_alone = SPEC.model_copy(update={"alarm": SPEC.alarm.model_copy(update={"by": "event"})})
    assert 0.5 < threshold.choose(rows, probability, by_event_alone) <= 0.8
