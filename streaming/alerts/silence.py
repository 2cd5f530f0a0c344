"""Machines that send no readings, and channels that have no value while their machine reports.

Something is silent when nothing has come for `silent_seconds`, and for no less than five times its usual interval,
which is the shorter one of its last two: an hourly sensor is not silent between its hours. Both are known from its
second value on; before, and what has never had a value, is not judged.

The alarm's event time is the moment from which on it was silent, its id holds the event time of the value before. So it
is the same alarm whether it is found by the clock, while nothing comes, or by the next reading, which comes too late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from streaming.alerts.batch import Batch
from streaming.alerts.flips import Bools
from streaming.alerts.journal import Journal
from streaming.alerts.rules import SECOND, SILENT, Rules, Table
from streaming.alerts.state import Floats, Ints, State

USUAL_INTERVALS = 5
LIVE_SECONDS = 3600.0  # a reading that Kafka took within this time of its event time is live, not history
QUIET_SECONDS = 60.0  # history is still being sent to a partition from which something came within this time
_NOT_JUDGED = np.inf


def due(last: Ints, silent: Floats) -> Floats:
    """From which event time (µs) on it is silent; `last` are the last three values' times, on the last axis."""
    newest, before, third = last[..., 0], last[..., 1], last[..., 2]
    interval = newest - before
    interval = np.where(third > 0, np.minimum(interval, before - third), interval)
    judged = (before > 0) & (silent > 0)
    return np.where(judged, newest + np.maximum(silent, USUAL_INTERVALS * interval), _NOT_JUDGED)


def silence(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    """Raise and end the alarms on silence that these readings tell of, and bring the times of values forward."""
    _channels(state, batch, table, journal)
    _machines(state, batch, table, journal)


def overdue(
    state: State, rules: Rules, type_of: Callable[[str], str], now: int, heard_since: int, partitions: set[int]
) -> Ints:
    """The machines (places in the state) from which nothing comes any more, by the clock; to be asked once all is read.

    `now` is the wall clock, `heard_since` when listening began, both in µs. A machine whose last reading was live is
    silent when as much time has passed since Kafka took it, or since listening began. One whose last reading was
    history is silent by the newest event time of all machines, once nothing more is being sent. Only machines of
    `partitions` are judged.
    """
    newest, appended = state.newest[: len(state)], state.appended[: len(state)]
    live = appended - newest <= LIVE_SECONDS * SECOND
    # In a live machine's own time it is so late: its clock may be wrong.
    by_wall = newest + now - np.maximum(appended, heard_since)
    sent = now - np.max(appended, initial=0) <= QUIET_SECONDS * SECOND
    by_data = np.max(newest, initial=0) if not sent else 0
    late = np.where(live, by_wall, by_data) >= _machines_due(state, rules, type_of)
    late &= (state.raised[: len(state), -1, SILENT] == 0) & np.isin(state.partition[: len(state)], list(partitions))
    return np.flatnonzero(late)


def raised_by_clock(
    state: State, rules: Rules, type_of: Callable[[str], str], machines: Iterable[int]
) -> list[dict[str, Any]]:
    """Alerts that raise the silence of machines that are overdue; `state` is brought forward."""
    from_when, journal = _machines_due(state, rules, type_of), Journal(state)
    for machine in machines:
        moment, since = int(from_when[machine]), int(state.newest[machine])
        lasted = float(moment - since) / SECOND
        journal.flip(machine, len(state.channels), SILENT, True, since, moment, lasted, None)
    return journal.alerts()


def _machines_due(state: State, rules: Rules, type_of: Callable[[str], str]) -> Floats:
    kind = np.array([rules.code(type_of(name)) for name in state.names], dtype=np.int64)
    return due(state.last[: len(state), -1], rules.table(state.channels).silent[kind, -1])


def _machines(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    machine, itself = batch.machine, len(state.channels)
    before = _before(batch, state.last[machine, itself])
    from_when = due(before, table.silent[batch.kind[batch.part], itself])
    late = batch.time >= from_when
    standing = state.raised[machine, itself, SILENT]
    first = np.zeros(len(late), dtype=bool)
    first[batch.starts[standing != 0]] = True
    for row in np.flatnonzero(late | first).tolist():
        at, since = int(machine[batch.part[row]]), int(before[row, 0])
        # An alarm of the clock that a reading with an older event time ends has lasted no time.
        judged = np.isfinite(from_when[row])
        moment = int(from_when[row]) if judged else int(batch.time[row])
        if not first[row]:
            lasted = float(moment - since) / SECOND
            journal.flip(at, itself, SILENT, True, since, moment, lasted, None)
        journal.flip(at, itself, SILENT, False, since, max(moment, int(batch.time[row])), None, None)
    state.last[machine, itself] = _after(batch, state.last[machine, itself, None])[:, 0]


def _before(batch: Batch, carried: Ints) -> Ints:
    """For each row the times of the three before it of the same machine."""
    rows = np.arange(len(batch.time))
    inside = rows - batch.starts[batch.part]
    found = np.empty((len(rows), 3), dtype=np.int64)
    for back in range(3):
        own = batch.time[np.maximum(rows - 1 - back, 0)]
        held = carried[batch.part, np.clip(back - inside, 0, 2)]
        found[:, back] = np.where(inside > back, own, held)
    return found


def _after(batch: Batch, carried: Ints) -> Ints:
    """The last three times of each part, for each of the channels (second axis), none of whose values is null."""
    length, parts = batch.ends - batch.starts, np.arange(len(batch.starts))
    found = np.empty_like(carried)
    for back in range(3):
        own = batch.time[np.maximum(batch.ends - 1 - back, 0)]
        held = carried[parts, :, np.clip(back - length, 0, 2)]
        found[:, :, back] = np.where((length > back)[:, None], own[:, None], held)
    return found


def _channels(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    machine, width = batch.machine, len(state.channels)
    carried = state.last[machine, :width]
    raised = state.raised[machine, :width, SILENT] != 0
    if batch.given is None:
        for part, channel in np.argwhere(raised).tolist():
            _channel(state, batch, table, journal, part, channel)
        state.last[machine, :width] = _after(batch, carried)
        return
    has_null, has_value = batch.any(~batch.given), batch.any(batch.given)
    silent = table.silent[batch.kind, :width]
    first, last = batch.time[batch.starts][:, None], batch.time[batch.ends - 1][:, None]
    since = np.where(carried[..., 0] > 0, carried[..., 0], first)
    never = (carried[..., 0] == 0) & ~has_value
    quiet = has_null & (last - since >= silent) & (silent > 0) & ~never & ~(raised & ~has_value)
    for part, channel in np.argwhere(quiet | (raised & has_value)).tolist():
        _channel(state, batch, table, journal, part, channel)
    state.last[machine, :width] = np.where(
        has_null[..., None], _after_some(batch, carried, has_null & has_value), _after(batch, carried)
    )


def _after_some(batch: Batch, carried: Ints, mixed: Bools) -> Ints:
    """The last three times of values, for the parts and channels that have both nulls and values."""
    found = carried.copy()
    for part, channel in np.argwhere(mixed).tolist():
        time, _ = batch.series(part, channel)
        found[part, channel] = np.concatenate((time[::-1][:3], carried[part, channel]))[:3]
    return found


def _channel(state: State, batch: Batch, table: Table, journal: Journal, part: int, channel: int) -> None:
    """One channel, value by value and gap by gap."""
    machine, kind = int(batch.machine[part]), int(batch.kind[part])
    rows = slice(batch.starts[part], batch.ends[part])
    time = batch.time[rows]
    given = np.ones(len(time), dtype=bool) if batch.given is None else batch.given[rows, channel]
    values = np.concatenate((state.last[machine, channel][::-1], time[given]))  # the third last carried one first
    number = np.cumsum(given)  # values up to each row
    last = np.stack([values[number + 2 - back] for back in range(3)], axis=-1)
    from_when = due(last, np.full(len(time), table.silent[kind, channel]))
    late = ~given & (time >= from_when)
    standing = int(state.raised[machine, channel, SILENT])
    ends = np.flatnonzero(given)
    gaps = {int(number[row]): int(row) for row in np.flatnonzero(late)[::-1]}  # each gap's first row that is late
    if standing:
        gaps.setdefault(0, -1)
    for gap, row in sorted(gaps.items()):
        since = int(values[gap + 2])
        if not (gap == 0 and standing):
            moment = int(from_when[row])
            lasted = float(moment - since) / SECOND
            journal.flip(machine, channel, SILENT, True, since, moment, lasted, None)
        if gap < len(ends):
            row = int(ends[gap])
            journal.flip(
                machine,
                channel,
                SILENT,
                False,
                standing if gap == 0 and standing else since,
                int(time[row]),
                None,
                None,
            )
