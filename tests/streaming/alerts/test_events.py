from datetime import timedelta
from itertools import pairwise

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.reference_entries import AlarmRule
from streaming.alerts.events import Events
from streaming.alerts.rules import Rules
from tests.streaming.alerts.readings import BEGIN, unique

RULES = Rules(
    [],
    [
        AlarmRule(
            equipment_type="*", channel="machine", unplanned_down="critical", error="warning", failure="critical"
        ),
        AlarmRule(equipment_type="robot", channel="machine", error="none"),
    ],
)


def _judge(events, *rows, kind="press"):
    """Rows are (minute, kind) and, after it, planned, code, component by name."""
    named = [
        {
            "equipment_id": "a",
            "event_time": BEGIN + timedelta(minutes=row[0]),
            "kind": row[1],
            **(row[2] if row[2:] else {}),
        }
        for row in rows
    ]
    table = pa.Table.from_pylist(named, contract("equipment-status").arrow_schema)
    return events.judge(table, [0] * len(rows), RULES, lambda machine: kind)


def _said(events, *rows, **more):
    return [(a["state"], a["rule"], a["severity"]) for a in _judge(events, *rows, **more)]


def test_an_unplanned_stop_is_an_alarm_until_the_machine_leaves_it():
    events = Events()
    down = (1, "down", {"reason": "no air", "planned": False})
    [alert] = _judge(events, (0, "running"), down)
    assert alert["message"] == "a: unplanned stop (no air)."
    assert _said(events, (2, "down", {"reason": "no air at all"})) == []
    assert _said(events, (3, "running")) == [("cleared", "unplanned_down", "critical")]


def test_a_planned_stop_is_no_alarm():
    assert _said(Events(), (1, "down", {"planned": True}), (2, "idle"), (3, "setup")) == []


def test_an_error_is_an_alarm_once_a_code_until_the_machine_runs_again():
    events = Events()
    assert _said(events, (0, "running"), (1, "error", {"code": "E1"}), (2, "error", {"code": "E1"})) == [
        ("raised", "error", "warning")
    ]
    assert _said(events, (3, "error", {"code": "E2"}), (4, "idle")) == [("raised", "error", "warning")]
    assert _said(events, (5, "running")) == [("cleared", "error", "warning")] * 2


def test_a_failure_names_its_component():
    [alert] = _judge(Events(), (1, "failure", {"component": "spindle"}))
    assert (alert["severity"], alert["message"]) == ("critical", "a: failure spindle.")


def test_a_type_may_opt_out():
    assert _said(Events(), (1, "error", {"code": "E1"}), kind="robot") == []


def test_a_late_error_from_before_the_machine_ran_again_is_over_already():
    events = Events()
    assert _said(events, (5, "running"), (4, "error", {"code": "E1"}), (3, "down")) == []


def test_of_two_states_at_one_time_the_first_holds_and_an_error_at_that_time_came_after_it():
    events = Events()
    assert len(_said(events, (1, "down"), (1, "idle"))) == 1
    assert _said(events, (2, "error", {"code": "E1"}), (2, "running")) == [
        ("raised", "error", "warning"),
        ("cleared", "unplanned_down", "critical"),
    ]
    assert _said(events, (2, "error", {"code": "E1"}), (3, "running")) == [("cleared", "error", "warning")]
    assert _said(events, (3, "error", {"code": "E1"}), (3, "error", {"code": "E1"})) == [("raised", "error", "warning")]


_EVENTS = st.lists(
    st.tuples(
        st.integers(0, 12),
        st.sampled_from(["running", "idle", "down", "error", "failure", "maintenance"]),
        st.sampled_from([{}, {"code": "E1", "planned": False}, {"code": "E2", "planned": True}]),
    ),
    max_size=30,
)


@given(_EVENTS, st.lists(st.integers(0, 30), max_size=4))
def test_how_events_are_cut_or_doubled_does_not_matter(rows, cuts):
    expected = _judge(Events(), *rows) if rows else []
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    pieces, found = Events(), []
    for low, high in pairwise(edges):
        found += _judge(pieces, *rows[low:high]) if high > low else []
        kept = Events()
        kept.take_up(pieces.table(0))
        pieces = kept
    assert list(map(str, found)) == list(map(str, expected))
    assert not rows or unique_ids(_judge(pieces, *[row for row in rows for _ in range(2)])) <= unique_ids(expected)


def unique_ids(alerts):
    return unique([{**alert, "event_time": 0} for alert in alerts if alert["state"] == "raised"])
