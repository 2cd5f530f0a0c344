"""Readings as the rules want them: machine by machine, each in order of its event time, with what came before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from streaming.alerts.rules import Rules
from streaming.alerts.state import Floats, Ints, State

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Batch:
    """Fresh readings. A *part* is what one machine sent: rows `starts[p]` up to `ends[p]`.

    By part: `machine` (place in the state) and `kind` (place in the rules' tables). By row: `part`, `time` (µs),
    `place` (row of the readings that were given). `values`: row × channel, NaN for null.
    """

    machine: Ints
    kind: Ints
    starts: Ints
    ends: Ints
    part: Ints
    time: Ints
    place: Ints
    values: Floats

    @cached_property
    def given(self) -> Bools | None:
        """Which values are not null; None: all of them."""
        missing = np.isnan(self.values)
        return ~missing if missing.any() else None

    def any(self, rows: Bools) -> Bools:
        """Part × channel: whether it holds for any of the part's rows."""
        return np.logical_or.reduceat(rows, self.starts, axis=0)

    def series(self, part: int, channel: int) -> tuple[Ints, Floats]:
        """Event times and values of a machine's channel, without nulls."""
        rows = slice(self.starts[part], self.ends[part])
        time, value = self.time[rows], self.values[rows, channel]
        if self.given is None:
            return time, value
        kept = self.given[rows, channel]
        return time[kept], value[kept]


def fresh(state: State, readings: pa.Table, rules: Rules, type_of: Callable[[str], str]) -> Batch | None:
    """The readings that are newer than all before them of their machine; None without any."""
    if not len(readings):
        return None
    coded = readings["equipment_id"].combine_chunks().dictionary_encode()
    coded = coded.combine_chunks() if isinstance(coded, pa.ChunkedArray) else coded
    names = coded.dictionary.to_pylist()
    machines = state.places(names)
    code = coded.indices.to_numpy().astype(np.int64)
    order = np.argsort(code, kind="stable")
    code, time = code[order], readings["event_time"].cast(pa.int64()).to_numpy()[order]
    keep = _newer(code, time, state.newest[machines])
    if not keep.all():
        code, time, order = code[keep], time[keep], order[keep]
        if not len(code):
            return None
    starts = np.flatnonzero(np.diff(code, prepend=-1))
    ends = np.append(starts[1:], len(code))
    sent = code[starts]
    return Batch(
        machine=machines[sent],
        kind=np.array([rules.code(type_of(names[at])) for at in sent.tolist()], dtype=np.int64),
        starts=starts,
        ends=ends,
        part=np.repeat(np.arange(len(starts)), ends - starts),
        time=time,
        place=order,
        values=_values(readings, state.channels)[order],
    )


def _newer(code: Ints, time: Ints, newest: Ints) -> Bools:
    """Which rows are newer than all before them of the same code; rows are sorted by code."""
    before = np.empty_like(time)
    before[1:] = time[:-1]
    first = np.diff(code, prepend=-1) != 0
    before[first] = newest[code[first]]
    keep: Bools = time > before
    if keep.all():
        return keep
    # Rare: the running maximum by machine, which a row that came late does not lower.
    for start, end in zip(np.flatnonzero(first), np.append(np.flatnonzero(first)[1:], len(code)), strict=True):
        highest = np.maximum.accumulate(np.concatenate(([newest[code[start]]], time[start:end])))
        keep[start:end] = time[start:end] > highest[:-1]
    return keep


def _values(readings: pa.Table, channels: tuple[str, ...]) -> Floats:
    values = np.empty((len(readings), len(channels)))
    for at, channel in enumerate(channels):
        column = readings[channel]
        values[:, at] = pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()
    return values
