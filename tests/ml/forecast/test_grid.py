from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.forecast.grid import filled, regular


def frame(times, values, entity="a") -> pd.DataFrame:
    return pd.DataFrame(
        {"entity": entity, "time": pd.to_datetime(times, utc=True), "x": np.asarray(values, dtype=float)}
    )


def test_readings_at_any_moment_become_means_of_their_step_and_gaps_stay_gaps():
    found = regular(
        frame(["2026-01-01T00:10Z", "2026-01-01T00:50Z", "2026-01-01T03:00Z"], [1, 3, 7]),
        "entity",
        "time",
        ("x",),
        "1h",
    )
    assert found.values[:, 0].tolist() == pytest.approx([2, np.nan, np.nan, 7], nan_ok=True)
    assert found.times(4, 1)[0] == pd.Timestamp("2026-01-01T04:00Z")


def test_a_sum_without_a_reading_is_nothing_made():
    found = regular(frame(["2026-01-01T00:10Z", "2026-01-01T02:00Z"], [5, 7]), "entity", "time", ("x",), "1h", "sum")
    assert found.values[:, 0].tolist() == [5, 0, 7]


def test_the_step_is_found_where_it_is_not_given():
    moments = pd.date_range("2026-01-01", periods=50, freq="5s", tz="UTC").delete([7, 8, 30])
    found = regular(frame(moments, range(len(moments))), "entity", "time", ("x",), None)
    assert len(found.index) == 50


def test_weeks_are_called_by_the_day_on_which_most_are_read():
    fridays = pd.date_range("2021-02-05", periods=20, freq="7D", tz="UTC")
    early = fridays.where(fridays != fridays[7], fridays - pd.Timedelta("1D"))
    found = regular(frame(early, range(20)), "entity", "time", ("x",), None)
    assert (found.index == fridays).all()
    assert found.values[:, 0].tolist() == list(range(20))


def test_midnights_of_a_zone_are_days_also_when_its_clock_changes():
    days = pd.date_range("2026-01-01", periods=365, freq="D", tz="Europe/Berlin").tz_convert("UTC")
    found = regular(frame(days, range(365)), "entity", "time", ("x",), "1d")
    assert found.values[:, 0].tolist() == list(range(365))


def test_where_a_step_holds_several_moments_it_begins_by_the_clock():
    moments = pd.date_range("2026-01-01T00:10Z", periods=48, freq="30min").delete([3, 9])
    found = regular(frame(moments, range(46)), "entity", "time", ("x",), "1h")
    assert set(found.index.minute) == {0}
    assert len(found.index) == 24


def test_months_are_steps_though_they_differ_in_length():
    moments = pd.to_datetime(["2026-01-15", "2026-02-03", "2026-04-30"], utc=True)
    found = regular(frame(moments, [1, 2, 4]), "entity", "time", ("x",), "MS")
    assert found.values[:, 0].tolist() == pytest.approx([1, 2, np.nan, 4], nan_ok=True)


def test_a_counter_is_a_grid_of_its_own_numbers():
    readings = pd.DataFrame({"entity": "a", "time": [10.0, 11.0, 13.0], "x": [1.0, 2.0, 4.0]})
    found = regular(readings, "entity", "time", ("x",), None)
    assert list(found.index) == [10, 11, 12, 13]
    assert list(found.times(4, 2)) == [14, 15]
    assert found.position(12) == 2


@pytest.mark.parametrize("step", ["soon", "0.5", "1ns"])
def test_a_step_that_cannot_be_is_refused(step):
    with pytest.raises(MillwrightError):
        regular(frame(["2026-01-01", "2026-06-01"], [1, 2]), "entity", "time", ("x",), step)


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=40))
def test_the_last_known_value_fills_and_nothing_of_the_future(values):
    column = np.array([np.nan if v is None else v for v in values])[:, None]
    last = np.nan
    for told, value in zip(filled(column)[:, 0], column[:, 0], strict=True):
        last = last if np.isnan(value) else value
        assert told == last or (np.isnan(told) and np.isnan(last))


@given(st.integers(0, 300), st.sampled_from(["1h", "D", "MS"]))
def test_a_moment_lies_in_the_step_that_begins_there(number, step):
    moments = pd.date_range("2024-01-01", periods=3, freq=step, tz="UTC")
    found = regular(frame(moments, range(3)), "entity", "time", ("x",), step)
    assert found.position(found.times(number, 1)[0]) == number
