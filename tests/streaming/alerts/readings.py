"""Readings to judge, and what was said of them in short."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa

from millwright.contracts import contract
from streaming.alerts.state import State
from streaming.alerts.watch import watch

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
CHANNELS = tuple(field.name for field in contract("equipment-sensors").channels)
UNIQUE = contract("equipment-alerts").unique


def readings(*rows):
    """Rows are (minute, vibration) of machine a, or (minute, vibration, machine)."""
    columns = [(row[2] if len(row) > 2 else "a", BEGIN + timedelta(minutes=row[0]), row[1]) for row in rows]
    named = [dict(zip(("equipment_id", "event_time", "vibration"), row, strict=True)) for row in columns]
    return pa.Table.from_pylist(named, contract("equipment-sensors").arrow_schema)


def judge(state, rules, *rows, kind="press", **more):
    """The alerts of the rows, whole."""
    return watch(state, readings(*rows), rules, lambda machine: kind, **more)


def said(alerts):
    return [(a["state"], a["rule"], a["severity"], a["value"]) for a in alerts]


def unique(alerts):
    return {tuple(alert[name] for name in UNIQUE) for alert in alerts}


def empty():
    return State(CHANNELS)


def copy(state):
    """The state as a service finds it that starts from what was saved."""
    again = State(state.channels)
    for partition in {int(p) for p in state.partition[: len(state)]}:
        again.take_up(state.table(partition))
    return again


def known(state):
    """All that a state holds, comparable (NaN is not equal to itself)."""
    return sorted(map(str, state.table(0).to_pylist()))
