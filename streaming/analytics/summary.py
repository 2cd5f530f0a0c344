"""Readings of whole minutes as rows of equipment-minutes: the same readings give the same rows, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import TIMESTAMP, Contract, contract

MINUTE = 60_000_000  # in microseconds
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def columns(spec: Contract) -> list[str]:
    """What is kept of a reading: what makes it unique, and its channels."""
    return list(dict.fromkeys([spec.key, *spec.unique, *(channel.name for channel in spec.channels)]))


def summary(spec: Contract, readings: pa.Table) -> pa.Table:
    """Per machine, minute and channel: readings, mean, minimum, maximum, last; null where there is no reading.

    `readings` has `columns(spec)`, in order of arrival: of two that the contract calls the same, the later counts.
    Every channel has a row for every minute of its machine. Sorted by minute, machine, channel.
    """
    if not len(readings):
        return contract("equipment-minutes").arrow_schema.empty_table().drop_columns("revision")
    rows = _distinct(spec, readings)
    time = rows[spec.event_time].cast(pa.int64()).to_numpy()
    names = rows[spec.key].combine_chunks()
    minute = time // MINUTE
    codes = pc.rank(names, tiebreaker="dense").to_numpy().astype(np.int64)
    first = np.flatnonzero((np.diff(minute, prepend=-1) != 0) | (np.diff(codes, prepend=-1) != 0))
    parts = [_channel(rows[field.name], first) for field in spec.channels]
    count = len(parts)
    told = {
        "equipment_id": pa.chunked_array([names.take(pa.array(np.repeat(first, count)))]),
        "event_time": pa.array(np.repeat(minute[first] * MINUTE, count)).cast(TIMESTAMP),
        "stream": pa.repeat(pa.scalar(spec.stream), len(first) * count),
        "channel": pa.array([field.name for field in spec.channels] * len(first), pa.string()),
        "readings": pa.array(np.stack([part["readings"] for part in parts], axis=1).ravel().astype(np.int64)),
    }
    empty = told["readings"].to_numpy() == 0
    for name in ("mean", "minimum", "maximum", "last"):
        told[name] = pa.array(np.stack([part[name] for part in parts], axis=1).ravel(), mask=empty)
    return pa.table(told)


def _distinct(spec: Contract, readings: pa.Table) -> pa.Table:
    """Sorted by minute, machine and what makes a reading unique; of equals the last one that came."""
    time = readings[spec.event_time].cast(pa.int64())
    minute = pa.array(time.to_numpy() // MINUTE)
    arrival = pa.array(np.arange(len(readings)))
    table = readings.append_column("_minute", minute).append_column("_arrival", arrival)
    # The event time before what else makes a reading unique, so that the last row is the newest.
    rest = [name for name in spec.unique if name not in (spec.key, spec.event_time)]
    names = ["_minute", spec.key, spec.event_time, *rest]
    ordered = table.sort_by([(name, "ascending") for name in [*names, "_arrival"]])
    if len(ordered) < 2:
        return ordered
    same = np.ones(len(ordered) - 1, dtype=bool)
    for name in names:
        same &= pc.equal(ordered[name].slice(1), ordered[name].slice(0, len(ordered) - 1)).to_numpy()
    return ordered.filter(pa.array(np.append(~same, True))) if same.any() else ordered


def _channel(column: pa.ChunkedArray, first: Ints) -> dict[str, Any]:
    """Statistics of one channel by group; NaN where a group has no value. `first` are the groups' first rows."""
    value: Floats = pc.fill_null(column.cast(pa.float64()), float("nan")).to_numpy()
    there = ~np.isnan(value)
    readings = np.add.reduceat(there, first, dtype=np.int64)
    low, high = np.fmin.reduceat(value, first), np.fmax.reduceat(value, first)
    with np.errstate(invalid="ignore"):
        mean = np.add.reduceat(np.where(there, value, 0.0), first) / readings
    newest = np.maximum.reduceat(np.where(there, np.arange(len(value)), -1), first)
    return {
        "readings": readings,
        "mean": np.clip(mean, low, high),  # three times 0.1 are, by three, more than 0.1
        "minimum": low,
        "maximum": high,
        "last": value[newest],
    }
