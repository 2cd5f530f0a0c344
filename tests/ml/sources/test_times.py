"""Times are read as people write them, and never guessed where they may mean two things."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from ml.sources.times import is_counter, times
from ml.spec.source import Source, Time

SOURCE = Source(path=("x.csv",))
FORMATS = (
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.%f", "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S", "%d-%b-%Y %H:%M:%S",
)  # fmt: skip


def read(values: list, **fields) -> list:
    return times(pd.Series(values), Time(column="t", **fields), SOURCE).tolist()


@given(
    moments=st.lists(st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2040-01-01")), min_size=1, max_size=5),
    form=st.sampled_from(FORMATS),
)
def test_a_written_time_is_read_back_whatever_its_form(moments, form):
    # A day above 12 tells day from month.
    whole = [moment.replace(microsecond=0, day=28) for moment in moments]
    expected = [pd.Timestamp(moment, tz="UTC") for moment in whole]
    assert read([moment.strftime(form) for moment in whole]) == expected


@pytest.mark.parametrize(("unit", "factor"), [("s", 1), ("ms", 1e3), ("us", 1e6), ("ns", 1e9)])
def test_numbers_since_1970_are_told_by_their_size(unit, factor):
    values = [int(1_700_000_000 * factor)]
    expected = [pd.Timestamp("2023-11-14T22:13:20Z")]
    assert read(values, kind="timestamp") == read(values, format=unit) == expected


def test_numbers_are_a_counter_unless_they_are_said_to_be_times():
    found = times(pd.Series([1, 2]), Time(column="t"), SOURCE)
    assert is_counter(found)
    assert found.tolist() == [1.0, 2.0]


def test_local_times_are_of_their_zone():
    assert read(["2024-07-01 12:00"], timezone="Europe/Berlin") == [pd.Timestamp("2024-07-01T10:00Z")]
    assert read(["2024-07-01T12:00+05:00"], timezone="Europe/Berlin") == [pd.Timestamp("2024-07-01T07:00Z")]
    # The hour that the clock leaves out, and the one that it shows twice.
    assert read(["2024-03-31 02:30"], timezone="Europe/Berlin") == [pd.Timestamp("2024-03-31T01:00Z")]
    assert read(["2024-10-27 02:30"], timezone="Europe/Berlin") == [pd.Timestamp("2024-10-27T01:30Z")]


@pytest.mark.parametrize(
    ("values", "fields", "said"),
    [
        (["01/02/2024"], {}, "day and month cannot be told apart"),
        (["soon"], {}, "'soon': expected a time"),
        (["2024-01-01", "2024-01-02", "n/a"], {}, "row 3 = 'n/a': expected a time, written as in '2024-01-01'"),
        (["13.02.24", "14.02.24", "2024-02-15"], {}, "row 3 = '2024-02-15': expected a time, written as in '13.02.24'"),
        (["2024-01-01", "soon"], {}, "row 2 = 'soon': expected a time"),
        (["2024-01-01"], {"format": "%d.%m.%Y"}, "'2024-01-01': expected a time like time.format"),
        (["2024-01-01", None], {}, "1 of 2 rows have no time; the first is row 2"),
        (["2024-01-01"], {"timezone": "Mars"}, "time.timezone = 'Mars': there is no such time zone"),
        (["a"], {"kind": "counter"}, "a number was expected of a counter"),
    ],
)
def test_what_is_no_time_is_said(values, fields, said):
    with pytest.raises(MillwrightError, match=said):
        read(values, **fields)
