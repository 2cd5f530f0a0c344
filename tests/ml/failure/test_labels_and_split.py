"""Labels look into (t, t + horizon]; parts of a split share no moment that a label looks at."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.failure.labels import label
from ml.failure.split import split_by_time
from ml.spec.split import TimeSplit
from tests.ml.plant import BEGIN, history, plant

READINGS = plant(machines=1, days=4).readings


def labelled(*failures: tuple[str, int], known_until: int) -> pd.DataFrame:
    events = pd.DataFrame(
        [(machine, BEGIN + pd.Timedelta(hours=at), "failure", None, "bearing", False) for machine, at in failures],
        columns=["equipment_id", "event_time", "kind", "code", "component", "planned"],
    ).astype({"event_time": "datetime64[us, UTC]"})
    known = BEGIN + pd.Timedelta(hours=known_until)
    return label(history(READINGS, events, plant(machines=1, days=1).equipment, known), 24)


def test_a_failure_at_the_moment_itself_is_over_and_one_at_the_horizon_counts():
    fails = labelled(("m0", 50), known_until=500)["fails"].to_numpy()
    assert np.flatnonzero(fails).tolist() == list(range(26, 50))


def test_another_machines_failure_does_not_count():
    assert not labelled(("m1", 50), known_until=500)["fails"].any()


def test_a_failure_after_the_last_reading_counts():
    fails = labelled(("m0", 96 + 5), known_until=500)["fails"].to_numpy()
    assert np.flatnonzero(fails).tolist() == list(range(77, 96))


def test_what_the_events_do_not_reach_is_not_known():
    found = labelled(("m0", 80), known_until=82)
    assert np.flatnonzero(found["known"]).tolist() == list(range(82 - 24 + 1))


def test_without_events_nothing_is_known():
    source = replace(plant(machines=1, days=2), known_until=None)
    assert not label(source, 24)["known"].any()


@given(
    days=st.integers(2, 120),
    share=st.floats(0.1, 0.9),
    validation=st.floats(0.1, 0.9),
    gap=st.integers(1, 72),
    folds=st.integers(1, 5),
)
def test_no_label_of_a_part_reaches_into_the_next(days: int, share: float, validation: float, gap: int, folds: int):
    hours = pd.Series(pd.date_range(BEGIN, periods=days * 24, freq="h"))
    parts = split_by_time(
        hours, hours.notna(), TimeSplit(train_share=share, gap=gap, validation_share=validation, folds=folds)
    )
    for earlier, later in (*parts.folds, (parts.train, parts.test)):
        if earlier.any() and later.any():
            assert hours[earlier].max() + pd.Timedelta(hours=gap) < hours[later].min()
    assert not (parts.train & parts.test).any()
    assert all((parts.train | ~(fitted | asked)).all() for fitted, asked in parts.folds)


def test_a_part_may_end_at_a_moment_that_the_spec_names():
    hours = pd.Series(pd.date_range(BEGIN, periods=10 * 24, freq="h"))
    split = TimeSplit.model_validate(yaml.safe_load("{train_until: 2025-01-05, test_until: 2025-01-07T06:00:00Z}"))
    parts = split_by_time(hours, hours.notna(), split)
    assert hours[parts.train].max() == pd.Timestamp("2025-01-04T23:00Z")
    assert (hours[parts.test].min(), hours[parts.test].max()) == tuple(
        pd.Timestamp(moment) for moment in ("2025-01-05T00:00Z", "2025-01-07T05:00Z")
    )
    with pytest.raises(MillwrightError, match=r"split\.train_until = 'soon': expected a time such as"):
        split_by_time(hours, hours.notna(), TimeSplit(train_until="soon"))


def test_four_fifths_of_ninety_days_are_seventy_two():
    hours = pd.Series(pd.date_range(BEGIN, periods=90 * 24, freq="h"))
    parts = split_by_time(hours, hours.notna(), TimeSplit(train_share=0.8, gap="24h", validation_share=0.6, folds=3))
    assert parts.train_until == BEGIN + pd.Timedelta(days=72)
    assert parts.test_from == BEGIN + pd.Timedelta(days=73)
    assert (parts.train.sum(), parts.test.sum()) == (72 * 24, 17 * 24)
    asked = [asked.sum() for _, asked in parts.folds]
    assert sum(asked) == round(72 * 24 * 0.6)
    assert max(asked) - min(asked) <= 1
