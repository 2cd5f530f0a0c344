from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.reference_entries import AlarmLimit
from streaming.alerts.limits import Limits
from streaming.alerts.watch import Machine, watch

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
PRESS = AlarmLimit(equipment_type="press", channel="vibration", warning_high=10.0, critical_high=20.0, warning_low=2.0)
ANY = AlarmLimit(equipment_type="*", channel="vibration", warning_high=100.0)
LIMITS = Limits([PRESS, ANY, AlarmLimit(equipment_type="*", channel="temperature", warning_high=90.0)])


def _readings(*rows):
    """Rows are (minute, vibration) of machine a, or (minute, vibration, machine)."""
    columns = [(row[2] if len(row) > 2 else "a", BEGIN + timedelta(minutes=row[0]), row[1]) for row in rows]
    named = [dict(zip(("equipment_id", "event_time", "vibration"), row, strict=True)) for row in columns]
    return pa.Table.from_pylist(named, contract("equipment-sensors").arrow_schema)


def _watch(state, *rows, kind="press", limits=LIMITS):
    alerts = watch(state, _readings(*rows), limits, lambda machine: kind)
    return [(a["state"], a["rule"], a["severity"], a["value"]) for a in alerts]


def test_a_value_that_sways_about_its_limit_raises_once():
    swaying = [(minute, 10.2 if minute % 2 else 9.8) for minute in range(1, 50)]
    assert _watch({}, *swaying) == [("raised", "limit_high", "warning", 10.2)]


def test_an_alarm_ends_five_per_cent_inside_its_limit():
    state = {}
    assert len(_watch(state, (0, 11.0), (1, 9.51))) == 1
    assert _watch(state, (2, 9.5)) == [("cleared", "limit_high", "warning", 9.5)]
    assert _watch(state, (3, 10.0)) == []
    assert len(_watch(state, (4, 10.1))) == 1


def test_a_low_limit_raises_below_itself():
    assert _watch({}, (0, 1.9), (1, 2.05), (2, 2.1)) == [
        ("raised", "limit_low", "warning", 1.9),
        ("cleared", "limit_low", "warning", 2.1),
    ]


def test_a_critical_value_raises_both_severities():
    assert {severity for _, _, severity, _ in _watch({}, (0, 25.0))} == {"warning", "critical"}


def test_limits_close_together_end_an_alarm_in_their_middle():
    close = Limits([AlarmLimit(equipment_type="*", channel="vibration", warning_low=100.0, warning_high=102.0)])
    state = {}
    assert len(_watch(state, (0, 103.0), limits=close)) == 1
    assert len(_watch(state, (1, 101.0), limits=close)) == 1


def test_a_type_without_limits_of_its_own_has_those_of_any():
    assert _watch({}, (0, 50.0), kind="robot") == []
    assert len(_watch({}, (0, 101.0), kind="robot")) == 1


def test_an_alarm_whose_limit_is_no_more_ends_with_the_next_value():
    state = {}
    _watch(state, (0, 11.0))
    assert [a[0] for a in _watch(state, (1, 11.0), limits=Limits([]))] == []
    assert [a[0] for a in _watch(state, (2, 11.0), kind="robot")] == ["cleared"]


def test_a_missing_value_changes_nothing():
    state = {}
    _watch(state, (0, 11.0))
    assert _watch(state, (1, None)) == []
    assert state["a"].active


@pytest.mark.parametrize("minute", [4, 5])
def test_a_reading_that_is_not_newer_changes_nothing(minute):
    state = {}
    _watch(state, (5, 3.0))
    assert _watch(state, (minute, 50.0)) == []
    assert state == {"a": Machine(state["a"].newest)}


def test_a_cleared_alarm_has_the_id_of_the_raised_one():
    alerts = watch({}, _readings((0, 11.0), (1, 3.0), (2, 11.0)), LIMITS, lambda machine: "press")
    first, cleared, second = (alert["alert_id"] for alert in alerts)
    assert first == cleared != second


_ROWS = st.lists(
    st.tuples(
        st.integers(0, 30),
        st.one_of(st.none(), st.sampled_from([1.0, 2.0, 2.05, 3.0, 9.5, 9.6, 10.0, 10.5, 19.0, 21.0])),
        st.sampled_from("abc"),
    ),
    max_size=40,
)


def _all(state, rows):
    return watch(state, _readings(*rows), LIMITS, lambda machine: "press") if rows else []


def _unique(alerts):
    return {tuple(alert[name] for name in contract("equipment-alerts").unique) for alert in alerts}


@given(_ROWS, st.lists(st.integers(0, 40), max_size=4))
def test_how_the_readings_are_cut_into_batches_does_not_matter(rows, cuts):
    whole, pieces = {}, {}
    at_once = _all(whole, rows)
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    in_pieces = [alert for low, high in pairwise(edges) for alert in _all(pieces, rows[low:high])]
    assert whole == pieces
    assert sorted(map(str, at_once)) == sorted(map(str, in_pieces))


@given(_ROWS, st.integers(0, 40), st.integers(0, 40))
def test_a_service_that_goes_on_from_any_earlier_point_repeats_the_same_ids(rows, saved, died):
    saved, died = sorted((min(saved, len(rows)), min(died, len(rows))))
    expected = _unique(_all({}, rows))
    state = {}
    before = _all(state, rows[:saved])
    kept = {name: Machine(known.newest, dict(known.active)) for name, known in state.items()}
    lost = _all(state, rows[saved:died])  # sent, but the state was not saved
    again = _all(kept, rows[saved:])
    assert _unique(before + again) == expected
    assert _unique(lost) <= expected


@given(_ROWS)
def test_readings_that_are_sent_twice_give_no_further_alert(rows):
    state = {}
    _all(state, rows)
    assert _all(state, rows) == []
