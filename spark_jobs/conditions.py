"""What a machine's events have told up to a moment. No Spark and no Millwright in here: it travels to the workers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

DAY = 86_400_000_000  # µs
LASTING = ("running", "idle", "setup", "down")  # kinds of event that last until the next of them
SCHEMA = pa.schema(
    {
        "equipment_id": pa.string(),
        "since": pa.timestamp("us", "UTC"),
        "state": pa.string(),
        "commissioned_at": pa.timestamp("us", "UTC"),
        "failure_count": pa.int64(),
        "error_count": pa.int64(),
        "maintained": pa.string(),
    }
)


@dataclass
class Condition:
    """A machine at a moment; times in µs since 1970."""

    at: int
    state: str | None = None  # None: it has not told any yet
    commissioned_at: int | None = None
    failures: int = 0
    errors: int = 0
    # Component → when it was maintained last, and how long the machine has run since (None: it told no state then).
    maintained: dict[str, tuple[int, int | None]] = field(default_factory=dict)

    @classmethod
    def read(cls, row: dict[str, Any]) -> Condition:
        """From a row of SCHEMA, times as integers."""
        told = {name: (at, run) for name, at, run in json.loads(row["maintained"])}
        numbers = row["failure_count"], row["error_count"]
        return cls(row["since"], row["state"], row["commissioned_at"], *numbers, told)

    def advance(self, to: int) -> None:
        """Let time pass: a running machine wears all its components."""
        if self.state == "running":
            self.maintained = {
                name: (at, None if run is None else run + to - self.at) for name, (at, run) in self.maintained.items()
            }
        self.at = to

    def apply(self, event: dict[str, Any]) -> None:
        """An event of this moment."""
        kind = event["kind"]
        if kind in LASTING:
            self.state = kind
        elif kind == "failure":
            self.failures += 1
        elif kind == "error":
            self.errors += 1
        elif kind == "maintenance":
            self.maintained[event["component"] or ""] = (self.at, None if self.state is None else 0)
        elif kind == "asset":
            self.commissioned_at = event["commissioned_at"]

    def row(self, machine: str) -> dict[str, Any]:
        """In SCHEMA, times as integers."""
        told = [[name, at, run] for name, (at, run) in sorted(self.maintained.items())]
        return {
            "equipment_id": machine,
            "since": self.at,
            "state": self.state,
            "commissioned_at": self.commissioned_at,
            "failure_count": self.failures,
            "error_count": self.errors,
            "maintained": json.dumps(told, ensure_ascii=False, separators=(",", ":")),
        }


def follow(events: pa.Table, before: pa.Table, days: Sequence[int]) -> pa.Table:
    """A machine's conditions on these days (µs since 1970 of their midnights, ascending), which hold all its events.

    One row at each day's beginning, as soon as anything is known, and one after the events of each moment. `before`
    are its rows of the last such day before.
    """
    condition = _last(before)
    machine = (events if events.num_rows else before)["equipment_id"][0].as_py()
    todo = _ordered(events)
    rows: dict[int, dict[str, Any]] = {}
    at = 0
    for day in days:
        if condition is not None:
            condition.advance(day)
            rows[day] = condition.row(machine)
        while at < len(todo) and todo[at]["event_time"] < day + DAY:
            moment = todo[at]["event_time"]
            condition = condition or Condition(moment)
            condition.advance(moment)
            while at < len(todo) and todo[at]["event_time"] == moment:
                condition.apply(todo[at])
                at += 1
            rows[moment] = condition.row(machine)
    return pa.Table.from_pylist(list(rows.values()), schema=_numbers(SCHEMA)).cast(SCHEMA)


def _last(rows: pa.Table) -> Condition | None:
    listed = rows.cast(_numbers(rows.schema)).to_pylist()
    return Condition.read(max(listed, key=lambda row: row["since"])) if listed else None


def _ordered(events: pa.Table) -> list[dict[str, Any]]:
    """By time; states first, for what is maintained at that moment wears from then on."""
    listed: Iterable[dict[str, Any]] = events.cast(_numbers(events.schema)).to_pylist()

    def order(event: dict[str, Any]) -> tuple[Any, ...]:
        names = (event[name] or "" for name in ("kind", "code", "component"))
        return event["event_time"], event["kind"] not in LASTING, *names

    return sorted(listed, key=order)


def _numbers(schema: pa.Schema) -> pa.Schema:
    """Times as integers: a datetime of Python for each would cost more than the rest."""
    return pa.schema([pa.field(f.name, pa.int64() if pa.types.is_timestamp(f.type) else f.type) for f in schema])
