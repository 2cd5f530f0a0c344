"""Values that stay the same for too long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from streaming.alerts.batch import Batch
from streaming.alerts.flips import flips
from streaming.alerts.journal import Journal
from streaming.alerts.rules import SECOND, STUCK, Table
from streaming.alerts.state import Floats, Ints, State


def stuck(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    """Raise and end the alarms on channels whose value does not move, and bring their runs of equal values forward.

    A run is too long when it lasts for `stuck` and counts `stuck_readings`, as far as these are given; a run of the
    value of rest never is.
    """
    machine, kind, width = batch.machine, batch.kind, len(state.channels)
    values, rows = batch.values, np.arange(len(batch.values))[:, None]
    given = np.ones(values.shape, dtype=bool) if batch.given is None else batch.given
    newest = np.maximum.accumulate(np.where(given, rows, -1), axis=0)  # the last row up to here that has a value
    start = batch.starts[batch.part][:, None]
    previous = np.concatenate((np.full((1, width), -1), newest[:-1]))
    before = np.where(
        previous >= start,
        np.take_along_axis(values, np.maximum(previous, 0), axis=0),
        state.run_value[machine[batch.part]],
    )
    changed = given & (values != before)
    count = np.add.reduceat(given, batch.starts, axis=0, dtype=np.int64)
    same = count - np.add.reduceat(changed, batch.starts, axis=0, dtype=np.int64)

    raised = state.raised[machine, :width, STUCK] != 0
    seconds, readings = table.stuck[kind], table.stuck_readings[kind]
    on = (seconds > 0) | (readings > 0)
    since, held = state.run_since[machine], state.run_count[machine]
    first, last = batch.time[batch.starts][:, None], batch.time[batch.ends - 1][:, None]
    begun = np.where(held > 0, np.minimum(since, first), first)
    long = (same > 0) & (last - begun >= seconds) & (np.maximum(held, 1) + same >= readings)
    at_rest = ~batch.any(given & (values != table.rest[kind][batch.part]))
    look = np.where(raised, (same < count) | ~on | at_rest, on & long & ~at_rest)
    for part, channel in np.argwhere(look & (count > 0)).tolist():
        _one(state, batch, table, journal, part, channel)
    _bring_forward(state, batch, values, changed, given, newest, count)


def _one(state: State, batch: Batch, table: Table, journal: Journal, part: int, channel: int) -> None:
    machine, kind = int(batch.machine[part]), int(batch.kind[part])
    time, value = batch.series(part, channel)
    since, count = _runs(time, value, state, (machine, channel))
    seconds, readings = float(table.stuck[kind, channel]), float(table.stuck_readings[kind, channel])
    on = seconds > 0 or readings > 0
    beyond = (time - since >= seconds) & (count >= readings) & (value != table.rest[kind, channel]) & on
    least = float(table.least_raised[kind, channel]) if on else 0.0
    found = flips(time, beyond, ~beyond, 0.0, least, int(state.raised[machine, channel, STUCK]), 0)
    threshold = seconds / SECOND if seconds > 0 else None
    for row, is_raised, raised_at in found.at:
        journal.flip(machine, channel, STUCK, is_raised, raised_at, int(time[row]), float(value[row]), threshold)


def _runs(time: Ints, value: Floats, state: State, at: tuple[int, int]) -> tuple[Ints, Ints]:
    """For each value, since when (µs) and how often in a row it has come."""
    changed = value != np.concatenate(([state.run_value[at]], value[:-1]))
    rows = np.arange(len(value))
    begun = np.maximum.accumulate(np.where(changed, rows, -1))
    since = np.where(begun >= 0, time[begun], state.run_since[at])
    count = np.where(begun >= 0, rows - begun + 1, state.run_count[at] + rows + 1)
    return since, count


def _bring_forward(
    state: State,
    batch: Batch,
    values: Floats,
    changed: npt.NDArray[np.bool_],
    given: npt.NDArray[np.bool_],
    newest: Ints,
    count: Ints,
) -> None:
    machine, rows = batch.machine, np.arange(len(values))[:, None]
    turned = np.maximum.reduceat(np.where(changed, rows, -1), batch.starts, axis=0)
    counted = np.cumsum(given, axis=0)
    end = counted[batch.ends - 1]
    since_turn = end - np.take_along_axis(counted, np.maximum(turned, 0), axis=0) + 1
    state.run_count[machine] = np.where(turned >= 0, since_turn, state.run_count[machine] + count)
    state.run_since[machine] = np.where(turned >= 0, batch.time[np.maximum(turned, 0)], state.run_since[machine])
    last = np.take_along_axis(values, np.maximum(newest[batch.ends - 1], 0), axis=0)
    state.run_value[machine] = np.where(count > 0, last, state.run_value[machine])
