"""Limits and rates of change. A screen over the whole batch finds the few machines and channels to look at."""

from __future__ import annotations

import numpy as np

from streaming.alerts.batch import Batch
from streaming.alerts.flips import Bools, flips
from streaming.alerts.journal import Journal
from streaming.alerts.rules import LIMITS, MINUTE, RATE, SIGN, Table
from streaming.alerts.state import Floats, Ints, State


def limits(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    """Raise and end the alarms on values beyond their limits."""
    kind = batch.kind[batch.part]
    outside = (batch.values > table.upper[kind]) | (batch.values < table.lower[kind])
    width, slots = len(state.channels), len(LIMITS)
    known = (state.raised[batch.machine, :width, :slots] != 0) | (state.pending[batch.machine, :, :slots] != 0)
    near = batch.any(outside) | np.any(known, axis=2)
    if np.any(near):
        for part, channel, slot in _turning(state, batch, table, near):
            time, value = batch.series(part, channel)
            if len(time):
                _limit(state, batch, table, journal, part, channel, slot, time, SIGN[slot] * value)


def _turning(state: State, batch: Batch, table: Table, near: Bools) -> list[list[int]]:
    """Part, channel and slot of the limits whose alarms may change, among the parts and channels that are `near`.

    An alarm that stands does not, however far beyond its value is: a plant with many of them costs no more.
    """
    of_part, of_channel = np.logical_or.reduce(near, axis=1), np.logical_or.reduce(near, axis=0)
    parts, channels, rows = np.flatnonzero(of_part), np.flatnonzero(of_channel), np.flatnonzero(of_part[batch.part])
    at = (batch.kind[batch.part[rows]][:, None], channels)
    own = (batch.machine[batch.part[rows]][:, None], channels, slice(len(LIMITS)))
    value = batch.values[rows][:, channels, None] * SIGN
    limit, raised = table.limit[at], state.raised[own]
    least = np.where(np.isfinite(limit), table.least_raised[at][..., None], 0.0)
    beyond, delayed = value > limit, (table.raise_after[at] > 0)[..., None]
    over = (value <= table.clears_at[at]) & (batch.time[rows][:, None, None] >= raised + least)
    turning = np.where(raised != 0, over, beyond) | (delayed & beyond) | (state.pending[own] != 0)
    starts = np.flatnonzero(np.diff(batch.part[rows], prepend=-1))
    found = np.argwhere(np.logical_or.reduceat(turning, starts, axis=0))
    return [[int(parts[p]), int(channels[c]), int(s)] for p, c, s in found]


def _limit(
    state: State,
    batch: Batch,
    table: Table,
    journal: Journal,
    part: int,
    channel: int,
    slot: int,
    time: Ints,
    value: Floats,
) -> None:
    at = (batch.kind[part], channel, slot)
    limit = float(table.limit[at])
    # A limit that is no more lets its alarm end with the next value.
    least = float(table.least_raised[at[:2]]) if np.isfinite(limit) else 0.0
    threshold = float(SIGN[slot] * limit) if np.isfinite(limit) else None
    beyond, well = value > limit, value <= table.clears_at[at]
    _found(state, batch, table, journal, part, channel, slot, time, beyond, well, least, SIGN[slot] * value, threshold)


def _found(
    state: State,
    batch: Batch,
    table: Table,
    journal: Journal,
    part: int,
    channel: int,
    slot: int,
    time: Ints,
    beyond: Bools,
    well: Bools,
    least: float,
    value: Floats,
    threshold: float | None,
) -> None:
    machine = int(batch.machine[part])
    raised, pending = int(state.raised[machine, channel, slot]), int(state.pending[machine, channel, slot])
    if not raised and not pending and not beyond.any():
        return
    after = float(table.raise_after[batch.kind[part], channel])
    found = flips(time, beyond, well, after, least, raised, pending)
    state.pending[machine, channel, slot] = found.pending
    for row, is_raised, since in found.at:
        journal.flip(machine, channel, slot, is_raised, since, int(time[row]), float(value[row]), threshold)


def rates(state: State, batch: Batch, table: Table, journal: Journal) -> None:
    """Raise and end the alarms on values that change too fast.

    Time is cut into intervals of `rate_over`. A value is held against the first one of the interval before the last
    change of interval: the change since then is too fast when it is more than the limit allows for that time, and for
    no less than one interval. So a jump is found at once, and noise between two close readings is no rate.
    """
    width = len(state.channels)
    known = (state.raised[batch.machine, :width, RATE] != 0) | (state.pending[batch.machine, :, RATE] != 0)
    watched = np.isfinite(table.rate[batch.kind]) | known
    if not watched.any():
        return
    kind, machine = batch.kind[batch.part], batch.machine[batch.part]
    for channel in np.flatnonzero(watched.any(axis=0)).tolist():
        over, value = table.rate_over[kind, channel], batch.values[:, channel]
        rate, raised = table.rate[kind, channel], state.raised[machine, channel, RATE]
        change = np.abs(value - state.anchor_value[machine, channel])
        allowed = rate * np.maximum(batch.time - state.anchor[machine, channel], over)
        least = np.where(np.isfinite(rate), table.least_raised[kind, channel], 0.0)
        well = ~(change > allowed * (1 - table.hysteresis[kind, channel])) & (batch.time >= raised + least)
        turning = np.where(raised != 0, well, change > allowed) | (state.pending[machine, channel, RATE] != 0)
        turning |= batch.time - batch.time % over != state.bucket[machine, channel]
        looked_at = watched[:, channel] & batch.any(turning & ~np.isnan(value))
        for part in np.flatnonzero(looked_at).tolist():
            _rate(state, batch, table, journal, part, channel)


def _rate(state: State, batch: Batch, table: Table, journal: Journal, part: int, channel: int) -> None:
    time, value = batch.series(part, channel)
    if not len(time):
        return
    machine, kind = int(batch.machine[part]), int(batch.kind[part])
    limit, over = float(table.rate[kind, channel]), int(table.rate_over[kind, channel])
    at = (machine, channel)
    bucket = time - time % over
    turned = bucket != np.concatenate(([state.bucket[at]], bucket[:-1]))
    # The first values of all intervals; those of the n-th after the carried one are held against the n-th of these.
    firsts = np.concatenate(([state.anchor[at], state.first[at]], time[turned]))
    first_values = np.concatenate(([state.anchor_value[at], state.first_value[at]], value[turned]))
    number = np.cumsum(turned)
    elapsed = np.maximum(time - firsts[number], over)
    rate = (value - first_values[number]) / elapsed
    state.bucket[at] = bucket[-1]
    state.anchor[at], state.anchor_value[at] = firsts[number[-1]], first_values[number[-1]]
    state.first[at], state.first_value[at] = firsts[number[-1] + 1], first_values[number[-1] + 1]
    beyond = np.abs(rate) > limit
    well = ~(np.abs(rate) > limit * (1 - table.hysteresis[kind, channel]))
    least = float(table.least_raised[kind, channel]) if np.isfinite(limit) else 0.0
    threshold = limit * MINUTE if np.isfinite(limit) else None
    _found(state, batch, table, journal, part, channel, RATE, time, beyond, well, least, rate * MINUTE, threshold)
