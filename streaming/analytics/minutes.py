"""The core of the analytics: state and readings in, new state and rows out; see docs/watch-it.md for the rules.

What comes out depends on the readings in their partition's order and on when Kafka took each, not on how they are cut
into batches. Within the grace their order does not matter either, and a reading that comes twice changes nothing.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from millwright.contracts import Contract
from streaming.analytics.arrivals import Arrivals, arrivals
from streaming.analytics.rules import Rules
from streaming.analytics.state import Kept, Key, Machine, Minute, State
from streaming.analytics.summary import MINUTE, Ints, columns, summary


@dataclass
class Told:
    """Rows of equipment-minutes, and what became of the readings: taken, late, too_late, history."""

    rows: list[pa.Table] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    @property
    def table(self) -> pa.Table | None:
        """All rows, a minute's revisions in order; None when there are none."""
        return pa.concat_tables(self.rows) if self.rows else None


def take(state: State, spec: Contract, rules: Rules, readings: pa.Table, clock: Ints, now: int) -> Told:
    """Bring the state forward by readings in their partition's order, and tell the minutes that this ends.

    `clock` is when Kafka took each (ms), or a message before it if that was later; `now` the same of the last message,
    accepted or not, or a moment up to which there is none.
    """
    told = Told()
    places = {name: at for at, name in enumerate(columns(spec))}
    kept = readings.select(list(places))
    came = arrivals(state, spec, rules, kept, np.maximum(clock, state.clock))
    told.counts = came.counts
    state.clock = max(state.clock, now)
    _add(state, kept, came)
    closed = _closed(state, rules, came)
    _tell(state, spec, closed, told)
    _correct(state, spec, rules, kept, came, told)
    due = state.clock - rules.gather * 1000
    _tell(state, spec, [key for key in state.late if (state.minutes[key].late_since or 0) <= due], told)
    _forget(state, spec, rules, came, told)
    return told


def rest(state: State, spec: Contract, rules: Rules, now: int) -> Told:
    """Tell what is due at a moment up to which Kafka has no more messages than were taken."""
    return take(state, spec, rules, spec.arrow_schema.empty_table(), np.empty(0, np.int64), now)


def due(state: State, rules: Rules, now: int) -> bool:
    """Whether `rest` would tell anything at a moment (ms)."""
    silent, gathered = now - round(rules.idle * 1000), now - round(rules.gather * 1000)
    return any(machine.open and machine.heard <= silent for machine in state.machines.values()) or any(
        (state.minutes[key].late_since or 0) <= gathered for key in state.late
    )


def _add(state: State, readings: pa.Table, came: Arrivals) -> None:
    """Keep the readings that are in time, and each machine's newest."""
    for name, newest, heard in zip(came.names, came.newest.tolist(), came.heard.tolist(), strict=True):
        known = state.machines.setdefault(name, Machine())
        known.newest, known.heard = newest, heard
    row, machine, minute = came.row[came.in_time], came.machine[came.in_time], came.minute[came.in_time]
    order = np.argsort(minute, kind="stable")
    for those in _parts(minute[order]):
        at = order[those]
        when, names = int(minute[at[0]]), {came.names[place] for place in np.unique(machine[at]).tolist()}
        for name in names:
            if (name, when) not in state.minutes:
                state.minutes[name, when] = Minute()
                state.index((name, when), state.minutes[name, when])
        state.readings.setdefault(when, Kept()).add(readings.take(pa.array(row[at])), names)


def _closed(state: State, rules: Rules, came: Arrivals) -> list[Key]:
    """Open minutes that are over: by the machine's newer readings, or because it was silent, or is."""
    grace, idle = round(rules.grace * 1e6), round(rules.idle * 1000)
    return [
        (name, minute)
        for name, machine in state.machines.items()
        for minute in machine.open
        if (minute + 1) * MINUTE + grace <= machine.newest
        or state.clock - machine.heard >= idle
        or (name, minute) in came.interrupted
    ]


def _tell(state: State, spec: Contract, keys: list[Key], told: Told) -> None:
    """Tell minutes as they are kept."""
    by_minute: dict[int, set[str]] = {}
    for name, minute in keys:
        by_minute.setdefault(minute, set()).add(name)
    if by_minute:
        found = [state.readings[minute].of(names) for minute, names in sorted(by_minute.items())]
        _tell_those(state, spec, pa.concat_tables(found, promote_options="default"), told)
    for key in keys:
        known = state.minutes[key]
        known.late_since = None
        state.index(key, known)


def _tell_those(state: State, spec: Contract, readings: pa.Table, told: Told) -> None:
    """Tell minutes of which these are the readings. A channel is told once it has had a reading."""
    found = summary(spec, readings)
    revisions, wanted = [], []
    minutes = found["event_time"].cast(pa.int64()).to_numpy() // MINUTE
    keys = zip(found["equipment_id"].to_pylist(), minutes.tolist(), strict=True)
    channels, there = found["channel"].to_pylist(), (found["readings"].to_numpy() > 0).tolist()
    width = len(spec.channels)
    for at, key in enumerate(keys):
        known = state.minutes[key]
        if at % width == 0:  # a minute's channels follow one another
            known.revision += 1
        if there[at] and channels[at] not in known.told:
            known.told = (*known.told, channels[at])
        revisions.append(known.revision)
        wanted.append(channels[at] in known.told)
    told.rows.append(found.append_column("revision", pa.array(revisions, pa.int64())).filter(pa.array(wanted)))


def _correct(state: State, spec: Contract, rules: Rules, readings: pa.Table, came: Arrivals, told: Told) -> None:
    """Take late readings into minutes that are over. Those of one minute are gathered, and told together."""
    late = np.flatnonzero(~came.in_time)
    late = late[np.argsort(came.minute[late], kind="stable")]
    late = late[np.argsort(came.machine[late], kind="stable")]
    for those in _parts(came.machine[late], came.minute[late]):
        at = late[those]
        key = (came.names[came.machine[at[0]]], int(came.minute[at[0]]))
        kept = state.readings.setdefault(key[1], Kept())
        known = state.minutes.setdefault(key, Minute())
        there = kept.of({key[0]}).to_pylist() if key[0] in kept.machines else []
        minute = {_identity(spec, reading): reading for reading in there}
        new = []
        for reading, clock in zip(
            readings.take(pa.array(came.row[at])).to_pylist(), came.clock[at].tolist(), strict=True
        ):
            if minute.get(_identity(spec, reading)) == reading:
                continue  # it came twice
            told.counts["late"] += 1
            if known.late_since is not None and clock - known.late_since >= rules.gather * 1000:
                _tell_those(state, spec, pa.Table.from_pylist(list(minute.values()), readings.schema), told)
                known.late_since = None
            known.late_since = clock if known.late_since is None else known.late_since
            minute.pop(_identity(spec, reading), None)  # the later one takes the place of its arrival too
            minute[_identity(spec, reading)] = reading
            new.append(reading)
        if new:
            kept.add(pa.Table.from_pylist(new, readings.schema), {key[0]})
        state.index(key, known)


def _identity(spec: Contract, reading: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(reading[name] for name in spec.unique)


def _forget(state: State, spec: Contract, rules: Rules, came: Arrivals, told: Told) -> None:
    """Drop what no reading can change any more; what is not told yet is told first."""
    horizon = round(rules.horizon * 1e6)
    gone = [
        (name, minute)
        for name in came.names
        if name in state.machines
        for minute in state.machines[name].minutes
        if (minute + 1) * MINUTE + horizon <= state.machines[name].newest
    ]
    _tell(state, spec, [key for key in gone if key in state.late], told)
    for name, minute in gone:
        del state.minutes[name, minute]
        state.machines[name].minutes.discard(minute)
        kept = state.readings[minute]
        kept.forget(name)
        if not kept.machines:
            del state.readings[minute]


def _parts(*keys: Ints) -> list[Ints]:
    """Places by equal keys, which lie side by side."""
    places = np.arange(len(keys[0]))
    changes = np.zeros(max(0, len(places) - 1), bool)
    for key in keys:
        changes |= np.diff(key) != 0
    return np.split(places, np.flatnonzero(changes) + 1) if len(places) else []
