"""Each reading of a batch, held against what had come before it: in time, late, or too late to change anything."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Contract
from streaming.analytics.rules import Rules
from streaming.analytics.state import NEVER, Key, Machine, State
from streaming.analytics.summary import MINUTE, Ints

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Arrivals:
    """Readings that may change a minute, by machine and then as they came; arrays side by side.

    `newest` and `heard` are the machines' after the batch. `interrupted` are minutes that a silence of their machine
    ended before its next reading came.
    """

    names: list[str]
    newest: Ints
    heard: Ints
    row: Ints  # place in the batch
    machine: Ints  # place in `names`
    minute: Ints
    clock: Ints
    in_time: Bools
    interrupted: set[Key]
    counts: Counter[str]  # taken, too_late, history


def arrivals(state: State, spec: Contract, rules: Rules, readings: pa.Table, clock: Ints) -> Arrivals:
    """Judge readings in their partition's order; `clock` is when Kafka took each, never going back. Changes nothing."""
    coded = pc.dictionary_encode(readings[spec.key].combine_chunks())
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    names: list[str] = coded.dictionary.to_pylist()
    machine = coded.indices.to_numpy().astype(np.int64)
    time = readings[spec.event_time].cast(pa.int64()).to_numpy()
    row = np.argsort(machine, kind="stable")
    if rules.max_age:
        row = row[(clock * 1000 - time <= rules.max_age * 1e6)[row]]
    history = len(time) - len(row)
    machine, time, clock = machine[row], time[row], clock[row]

    known = [state.machines.get(name, Machine()) for name in names]
    newest = np.array([each.newest for each in known], np.int64)
    heard = np.array([each.heard for each in known], np.int64)
    first = np.diff(machine, prepend=-1) != 0
    begin = np.maximum.accumulate(np.where(first, np.arange(len(row)), 0))
    newest_before = _shifted(_running_maximum(machine, time), first, NEVER)
    newest_before = np.maximum(newest_before, newest[machine])
    silent = clock - _shifted(clock, first, heard[machine]) >= rules.idle * 1000
    silent &= ~first | (heard[machine] != NEVER)
    silences: Ints = np.cumsum(silent, dtype=np.int64)
    silences = (
        silences - (silences - silent)[begin]
    )  # since the machine's first reading of the batch, that one's included

    minute = time // MINUTE
    end = (minute + 1) * MINUTE
    possible = end + round(rules.horizon * 1e6) > newest_before
    expired = end + round(rules.grace * 1e6) <= newest_before
    total = np.zeros(len(names), np.int64)
    np.maximum.at(total, machine, silences)
    np.maximum.at(newest, machine, time)
    np.maximum.at(heard, machine, clock)

    taken = np.flatnonzero(possible)
    in_time, pairs = _in_time(state, names, machine[taken], minute[taken], expired[taken], silences[taken])
    interrupted = {key for key, at, since in pairs if total[at] > since}
    for at in np.flatnonzero(total).tolist():
        interrupted |= {(names[at], each) for each in known[at].open}
    counts = Counter(taken=len(taken), too_late=len(row) - len(taken), history=history)
    moved = (row[taken], machine[taken], minute[taken], clock[taken])
    return Arrivals(names, newest, heard, *moved, in_time, interrupted, counts)


def _in_time(
    state: State, names: list[str], machine: Ints, minute: Ints, expired: Bools, silences: Ints
) -> tuple[Bools, list[tuple[Key, int, int]]]:
    """Which readings come before their minute is told, and the minutes they open or reach.

    A minute is given with its machine's place and its silences so far when the first reading came; one that was there
    before the batch has seen none.
    """
    if not len(machine):
        return np.empty(0, bool), []
    low = minute.min()
    pair = machine * (minute.max() - low + 1) + (minute - low)
    _, first, which = np.unique(pair, return_index=True, return_inverse=True)
    seen, told, keys = silences[first], np.zeros(len(first), bool), list[Key]()
    for at, (place, when) in enumerate(zip(machine[first].tolist(), minute[first].tolist(), strict=True)):
        keys.append((names[place], when))
        known = state.minutes.get(keys[-1])
        if known is not None:
            seen[at], told[at] = 0, known.revision >= 0
    in_time = ~(expired | told[which] | (silences > seen[which]))
    reached = np.flatnonzero(in_time[first]).tolist()
    return in_time, [(keys[at], int(machine[first][at]), int(seen[at])) for at in reached]


def _shifted(values: Ints, first: Bools, otherwise: Ints | int) -> Ints:
    """Each machine's value before; `otherwise` at its first."""
    before = np.empty_like(values)
    before[1:] = values[:-1]
    return np.where(first, otherwise, before)


def _running_maximum(machine: Ints, time: Ints) -> Ints:
    """Each machine's greatest time so far. Machines come in ascending order, so ranks can be parted by them."""
    if not len(time):
        return time
    moments, rank = np.unique(time, return_inverse=True)
    parted = machine * len(moments) + rank
    return np.asarray(moments[np.maximum.accumulate(parted) - machine * len(moments)], np.int64)
