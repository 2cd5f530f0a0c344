import math
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from streaming.replay.mapping import Mapping, Source
from streaming.replay.values import convert

SENSORS, PRODUCTION = contract("equipment-sensors"), contract("production-metrics")
NUMBER, TIME, WHOLE = SENSORS.field("pressure"), SENSORS.field("event_time"), PRODUCTION.field("units")
PLANNED, TEXT = contract("equipment-status").field("planned"), SENSORS.field("equipment_id")


def _read(values, field, decimal=".", timezone="UTC", **source):
    fields = {"equipment_id": "a", "event_time": "b"}
    mapping = Mapping(stream="equipment-sensors", fields=fields, decimal=decimal, timezone=timezone)
    array = values if isinstance(values, pa.Array) else pa.array(values, pa.string())
    found, wrong = convert(array, field, Source(column="x", **source), mapping)
    return ["bad" if w else v for v, w in zip(found.to_pylist(), wrong.to_pylist(), strict=True)]


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_is_read_as_it_was_written(value):
    assert _read([repr(value)], NUMBER) == [value]
    assert _read([repr(value).replace(".", ",")], NUMBER, decimal=",") == [value]


@given(st.lists(st.text(max_size=12), max_size=20))
def test_a_text_is_a_number_as_python_says_or_is_bad(texts):
    for text, found in zip(texts, _read(texts, NUMBER), strict=True):
        if found not in ("bad", None):
            assert float(text) == found
            assert math.isfinite(found)


@given(st.lists(st.sampled_from(["1", "x", "", "2.5", "NaN", "--", "1e999", " 3 ", "+4"]), max_size=30))
def test_a_bad_value_spoils_no_other(texts):
    meaning = {"1": 1.0, "": None, "2.5": 2.5, "NaN": None, " 3 ": 3.0, "+4": 4.0}
    assert _read(texts, NUMBER) == [meaning.get(text, "bad") for text in texts]


def test_a_point_is_no_thousands_separator():
    assert _read(["1.234,5", "1234,5"], NUMBER, decimal=",") == ["bad", 1234.5]


def test_a_number_is_brought_to_the_contracts_unit():
    assert _read(["212"], NUMBER, scale=5 / 9, offset=-160 / 9) == [pytest.approx(100.0)]


def test_a_whole_number_has_no_fraction():
    found = _read(["7", "7.0", "7.5", "9007199254740993", "99999999999999999999"], WHOLE)
    assert found == [7, 7, "bad", 9007199254740993, "bad"]


def test_booleans_have_many_names():
    assert _read(["Yes", "0", "TRUE", "maybe", ""], PLANNED) == [True, False, True, "bad", None]


def test_a_format_makes_a_text():
    assert _read(pa.array([7, 12]), TEXT, format="machine-{:0>3}") == ["machine-007", "machine-012"]


@given(
    st.datetimes(datetime(1995, 1, 1), datetime(2037, 12, 31)),  # as far as Arrow knows summer times
    st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC"]),
)
def test_a_local_time_is_what_its_zone_says_or_never_was(naive, zone):
    exact = naive.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)
    was = exact.astimezone(ZoneInfo(zone)).replace(tzinfo=None) == naive
    assert _read([naive.isoformat()], TIME, timezone=zone) == [exact if was else "bad"]


@given(st.datetimes(datetime(1995, 1, 1), datetime(2040, 1, 1)), st.integers(-12 * 60, 14 * 60))
def test_a_time_with_a_zone_keeps_it(naive, minutes):
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert _read([moment.isoformat()], TIME, timezone="Asia/Tokyo") == [moment.astimezone(UTC)]


def test_the_hour_that_comes_twice_is_its_first_and_the_one_that_never_was_is_bad():
    found = _read(["2026-10-25 02:30:00", "2026-03-29 02:30:00"], TIME, timezone="Europe/Berlin")
    assert found == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "bad"]


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("%d.%m.%Y %H:%M", "01.03.2026 12:00"),
        ("epoch_s", "1772366400"),
        ("epoch_ms", "1772366400000"),
        ("epoch_ns", "1772366400000000000"),
        (None, "2026-03-01T12:00:00Z"),
        (None, "2026-03-01 12:00"),
        (None, "2026-03-01T12:00:00.000000000Z"),
        (None, "2026-03-01T14:00:00+02:00"),
    ],
)
def test_times_have_many_forms(form, text):
    assert _read([text, "nonsense"], TIME, format=form) == [datetime(2026, 3, 1, 12, tzinfo=UTC), "bad"]


def test_a_time_that_is_typed_keeps_its_type():
    naive = pa.array([datetime(2026, 3, 1, 12)], pa.timestamp("ms"))
    assert _read(naive, TIME, timezone="Europe/Berlin") == [datetime(2026, 3, 1, 11, tzinfo=UTC)]
    assert _read(pa.array([5]), TIME) == ["bad"]
