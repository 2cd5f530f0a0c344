"""The core of the alerts: state and readings in, new state and alerts out.

What comes out depends on the readings in their order, the machines' types and the limits, and not on how the readings
are cut into batches. A reading that is not newer than the machine's newest changes nothing, so one that is sent or
consumed twice does nothing the second time.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streaming.alerts.limits import Limits, Rule

_NEVER = np.iinfo(np.int64).min
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass
class Machine:
    """What is known of a machine: event time of its newest reading (µs), and its alarms: rule's key to alert id."""

    newest: int = int(_NEVER)
    active: dict[str, str] = field(default_factory=dict)


State = dict[str, Machine]


@dataclass(frozen=True)
class _Batch:
    """Fresh readings, ordered by machine and then as they came. `begins` is each row's machine's first row."""

    names: list[str]
    machine: Ints  # place in `names`
    time: Ints
    begins: Ints
    rows: pa.Table


def watch(state: State, readings: pa.Table, limits: Limits, type_of: Callable[[str], str]) -> list[dict[str, Any]]:
    """Alerts (rows of equipment-alerts) that the readings raise and clear, by event time; `state` is brought forward.

    `readings`: equipment_id, event_time and channels, in the order of their partition.
    """
    batch = _fresh(state, readings)
    if not len(batch.time):
        return []
    types = [type_of(name) for name in batch.names]
    alerts: list[tuple[int, dict[str, Any]]] = []
    for rule in limits.rules:
        if rule.channel in batch.rows.column_names:
            alerts += _changes(state, batch, rule, limits, types)
    for at in np.flatnonzero(np.diff(batch.machine, append=-1)):  # each machine's last row
        state[batch.names[batch.machine[at]]].newest = int(batch.time[at])
    return [alert for _, alert in sorted(alerts, key=lambda found: found[0])]


def alert_id(machine: str, rule: Rule, event_time: int) -> str:
    """The id of the alarm that the reading of this time (µs) raised: the same whenever it is computed."""
    text = f"{machine}\0{rule.channel}\0{rule.name}\0{rule.severity}\0{event_time}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _fresh(state: State, readings: pa.Table) -> _Batch:
    coded = pc.dictionary_encode(readings["equipment_id"].combine_chunks())
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    names = coded.dictionary.to_pylist()
    machine = coded.indices.to_numpy().astype(np.int64)
    order = np.argsort(machine, kind="stable")
    machine = machine[order]
    time = readings["event_time"].cast(pa.int64()).to_numpy()[order]
    known = np.array([state.setdefault(name, Machine()).newest for name in names], dtype=np.int64)
    begins = _begins(machine)
    before = np.empty_like(time)  # the newest time before each row
    before[1:] = time[:-1]
    first = begins == np.arange(len(time))
    before[first] = known[machine[first]]
    keep = time > before
    if not keep.all():  # rare: only then the running maximum is needed
        for begin in np.flatnonzero(first):
            end = begin + int(np.searchsorted(machine[begin:], machine[begin], side="right"))
            newest = np.maximum.accumulate(np.concatenate(([known[machine[begin]]], time[begin:end])))
            keep[begin:end] = time[begin:end] > newest[:-1]
        machine, time, order = machine[keep], time[keep], order[keep]
        begins = _begins(machine)
    return _Batch(names, machine, time, begins, readings.take(pa.array(order)))


def _begins(machine: Ints) -> Ints:
    starts = np.flatnonzero(np.diff(machine, prepend=-1))
    return np.asarray(starts[np.searchsorted(starts, np.arange(len(machine)), side="right") - 1], dtype=np.int64)


def _changes(
    state: State, batch: _Batch, rule: Rule, limits: Limits, types: list[str]
) -> list[tuple[int, dict[str, Any]]]:
    thresholds = [limits.threshold(kind, rule) for kind in types]
    active = np.array([rule.key in state[name].active for name in batch.names])
    if not active.any() and not any(thresholds):
        return []
    sign = 1.0 if rule.high else -1.0  # beyond a low limit is above its negative
    # A limit that is no more lets its alarm end with the next value.
    limit = np.array([np.inf if t is None else sign * t.limit for t in thresholds])
    clears = np.array([np.inf if t is None else sign * t.clears_at for t in thresholds])
    value = sign * _floats(batch.rows[rule.channel])
    beyond = value > limit[batch.machine]
    if not beyond.any() and not active.any():
        return []
    within = value <= clears[batch.machine]
    # Raised or not after each row: as its last telling value says, or as before the batch.
    places = np.arange(len(value))
    told = np.maximum.accumulate(np.where(beyond | within, places, -1))
    raised = np.where(told >= batch.begins, beyond[told], active[batch.machine])
    before = np.empty_like(raised)
    before[1:] = raised[:-1]
    first = batch.begins == places
    before[first] = active[batch.machine[first]]
    found = []
    for at in np.flatnonzero(raised != before):
        name, time = batch.names[batch.machine[at]], int(batch.time[at])
        alarms, threshold = state[name].active, thresholds[batch.machine[at]]
        if raised[at]:
            alarms[rule.key] = alert_id(name, rule, time)
        which = alarms[rule.key] if raised[at] else alarms.pop(rule.key)
        row = _alert(name, time, which, rule, bool(raised[at]), sign * float(value[at]))
        found.append((int(time), row | {"threshold": threshold.limit if threshold else None}))
    return found


def _alert(machine: str, time: int, which: str, rule: Rule, raised: bool, value: float) -> dict[str, Any]:
    side = "above" if rule.high else "below"
    said = f"{side} its {rule.severity} limit" if raised else f"no longer {side} its {rule.severity} limit"
    return {
        "equipment_id": machine,
        "event_time": time,
        "alert_id": which,
        "rule": rule.name,
        "severity": rule.severity,
        "state": "raised" if raised else "cleared",
        "channel": rule.channel,
        "value": value,
        "message": f"{machine}: {rule.channel} {value:g} is {said}.",
    }


def _floats(column: Any) -> Floats:
    filled = pc.fill_null(column.cast(pa.float64()), float("nan"))
    return np.asarray(filled.to_numpy(), dtype=np.float64)
