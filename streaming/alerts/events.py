"""Alarms from equipment-status: a machine that is down and was not to be, error codes, failures.

They are raised by the event, and end when the machine leaves the state (down) or runs again (errors, failures). An
event that is consumed twice changes nothing the second time; a state that is not newer than the machine's newest is
ignored, and so is an error or failure that is not newer than the last of its code, or that is from before the machine
last began to run.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from millwright.alert import alert_id
from streaming.alerts.rules import Rules

STREAM = "equipment-status"
_STATES = ("running", "idle", "setup", "down")


@dataclass
class Machine:
    """What is known of one machine: since when it is in its state, and since when it last ran, in µs.

    `heard` are the newest event times of errors and failures, `alarms` those that stand, by rule and code or component.
    """

    partition: int
    state_since: int = 0
    ran_since: int = 0
    heard: dict[str, int] = field(default_factory=dict)
    alarms: dict[str, dict[str, Any]] = field(default_factory=dict)


class Events:
    """The machines' states and alarms; kept like the state of the readings."""

    def __init__(self) -> None:
        self._machines: dict[str, Machine] = {}

    def table(self, partition: int) -> pa.Table:
        """A partition's machines, one row each, to be saved."""
        own = {name: known for name, known in self._machines.items() if known.partition == partition}
        said = [json.dumps(known.__dict__) for known in own.values()]
        return pa.table({"machine": pa.array(own, pa.string()), "known": pa.array(said, pa.string())})

    def take_up(self, table: pa.Table) -> None:
        """Add what `table` gave."""
        for name, said in zip(table["machine"].to_pylist(), table["known"].to_pylist(), strict=True):
            self._machines[name] = Machine(**json.loads(said))

    def without(self, partition: int) -> Events:
        """The same without a partition's machines."""
        other = Events()
        other._machines = {n: known for n, known in self._machines.items() if known.partition != partition}
        return other

    def standing(self) -> list[dict[str, Any]]:
        """The alarms that stand: equipment_id, rule, severity, about (code or component), raised (µs)."""
        return [
            {"equipment_id": name, "raised": alarm["since"], **{k: alarm[k] for k in ("rule", "severity", "about")}}
            for name, known in self._machines.items()
            for alarm in known.alarms.values()
        ]

    def judge(self, rows: pa.Table, partition: list[int], rules: Rules, type_of: Callable[[str], str]) -> list[Any]:
        """Alerts (rows of equipment-alerts) that the events raise and end; `rows` in the order of their partitions."""
        rows = rows.set_column(1, "event_time", pc.cast(rows["event_time"], pa.int64()))
        found: list[dict[str, Any]] = []
        for row, number in zip(rows.to_pylist(), partition, strict=True):
            known = self._machines.setdefault(row["equipment_id"], Machine(number))
            known.partition = number
            if row["kind"] in _STATES:
                found += _entered(row, known, rules, type_of)
            elif row["kind"] in ("error", "failure"):
                found += _happened(row, known, rules, type_of)
        return found


def _entered(row: dict[str, Any], known: Machine, rules: Rules, type_of: Callable[[str], str]) -> list[dict[str, Any]]:
    time = row["event_time"]
    if time <= known.state_since:
        return []
    known.state_since = time
    if row["kind"] == "down" and row["planned"] is not True:
        return _raised(row, known, rules, type_of, "unplanned_down", row["reason"] or "")
    runs = row["kind"] == "running"
    if runs:
        known.ran_since = time
    over = [
        key
        for key, alarm in known.alarms.items()
        if alarm["rule"] == "unplanned_down" or (runs and alarm["since"] < time)
    ]
    return [_alert(row["equipment_id"], known.alarms.pop(key), "cleared", time) for key in over]


def _happened(row: dict[str, Any], known: Machine, rules: Rules, type_of: Callable[[str], str]) -> list[dict[str, Any]]:
    about = (row["code"] if row["kind"] == "error" else row["component"]) or ""
    key, time = f"{row['kind']}/{about}", row["event_time"]
    if time < known.ran_since or time <= known.heard.get(key, 0):
        return []
    known.heard[key] = time
    return _raised(row, known, rules, type_of, row["kind"], about)


def _raised(
    row: dict[str, Any], known: Machine, rules: Rules, type_of: Callable[[str], str], rule: Any, about: str
) -> list[dict[str, Any]]:
    machine, time = row["equipment_id"], row["event_time"]
    key = rule if rule == "unplanned_down" else f"{rule}/{about}"
    severity = rules.severity(type_of(machine), rule)
    if severity == "none" or key in known.alarms:
        return []
    known.alarms[key] = {"rule": rule, "about": about, "severity": severity, "since": time}
    return [_alert(machine, known.alarms[key], "raised", time)]


def _alert(machine: str, alarm: dict[str, Any], state: str, time: int) -> dict[str, Any]:
    rule, about = alarm["rule"], alarm["about"]
    told = "" if rule == "unplanned_down" else about
    named = f" {about}" if rule != "unplanned_down" and about else f" ({about})" if about else ""
    what = {"unplanned_down": "unplanned stop", "error": "error", "failure": "failure"}[rule] + named
    return {
        "equipment_id": machine,
        "event_time": time,
        "alert_id": alert_id(machine, told, rule, alarm["severity"], alarm["since"]),
        "rule": rule,
        "severity": alarm["severity"],
        "state": state,
        "message": f"{machine}: {what}{' is over' if state == 'cleared' else ''}.",
    }
