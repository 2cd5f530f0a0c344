"""A plant's streams for a time, in proportion: what a history of readings has beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.warehouse import plant

_HOUR_US = 3_600_000_000
_TYPES, _PLANTS = ("press", "lathe", "mill"), ("north", "lakes", "harbour")
Numbers = npt.NDArray[np.int64]


def of_stream(stream: str, machines: int, first: dt.datetime, after: dt.datetime) -> Iterator[pa.Table]:
    """Rows of a stream from `first` (a full hour) up to `after`; nothing of a stream that this plant does not have."""
    if stream == plant.STREAM:
        yield from plant.history(machines, first, after)
    elif stream in _MADE:
        hours = np.arange(int((after - first).total_seconds()) // 3600, dtype=np.int64) + int(first.timestamp()) // 3600
        machine, hour = np.tile(np.arange(machines), len(hours)), np.repeat(hours, machines)
        table = pa.table(_MADE[stream](machine, hour, plant.names(machines)))
        if len(table):
            yield table


def _at(hour: Numbers, minute: int = 0) -> pa.Array:
    return pa.array(hour * _HOUR_US + minute * 60_000_000, pa.timestamp("us", "UTC"))


def _assets(machine: Numbers, hour: Numbers, names: pa.Array) -> dict[str, Any]:
    """What each machine is, told once, at the beginning of the first history."""
    chosen = np.flatnonzero(hour == int(plant.END.timestamp()) // 3600 - 1)
    machine, hour = machine[chosen], hour[chosen]
    return {
        "equipment_id": names.take(machine),
        "event_time": _at(hour),
        "equipment_name": names.take(machine),
        "equipment_type": pa.array([_TYPES[m % 3] for m in machine], pa.string()),
        "plant_id": pa.array([_PLANTS[m % 3] for m in machine], pa.string()),
    }


def _events(machine: Numbers, hour: Numbers, names: pa.Array) -> dict[str, Any]:
    """Down for half an hour once a day, and a failure, mended, every twenty days."""
    local = (hour + machine) % 24
    fails = (local == 9) & ((hour // 24 + machine) % 20 == 0)
    kinds = (
        (local == 9, "down", 10, "jam", None),
        (local == 9, "running", 40, None, None),
        (fails, "failure", 10, None, "bearing"),
        (fails, "maintenance", 30, None, "bearing"),
    )
    tables = []
    for wanted, kind, minute, reason, component in kinds:
        chosen = np.flatnonzero(wanted)
        tables.append(
            pa.table(
                {
                    "equipment_id": names.take(machine[chosen]),
                    "event_time": _at(hour[chosen], minute),
                    "kind": pa.array([kind] * len(chosen), pa.string()),
                    "reason": pa.array([reason] * len(chosen), pa.string()),
                    "planned": pa.array([False if kind == "down" else None] * len(chosen), pa.bool_()),
                    "component": pa.array([component] * len(chosen), pa.string()),
                }
            )
        )
    whole = pa.concat_tables(tables)
    return {name: whole[name] for name in whole.column_names}


def _production(machine: Numbers, hour: Numbers, names: pa.Array) -> dict[str, Any]:
    """An interval each hour."""
    count = len(machine)
    return {
        "equipment_id": names.take(machine),
        "event_time": _at(hour),
        "interval_seconds": np.full(count, 3600.0),
        "product_id": pa.array(["A100"] * count, pa.string()),
        "ideal_cycle_time": np.full(count, 45.0),
        "units": 60 + hour % 15,
        "good_units": 58 + hour % 15,
    }


def _inspections(machine: Numbers, hour: Numbers, names: pa.Array) -> dict[str, Any]:
    """One each six hours, every eighth of them with a defect."""
    chosen = np.flatnonzero((hour + machine) % 6 == 0)
    machine, hour = machine[chosen], hour[chosen]
    bad = (hour // 6 + machine) % 8 == 0
    return {
        "equipment_id": names.take(machine),
        "event_time": _at(hour, 20),
        "inspection_id": pa.array([f"i{m}-{h}" for m, h in zip(machine, hour, strict=True)], pa.string()),
        "product_id": pa.array(["A100"] * len(chosen), pa.string()),
        "result": pa.array(np.where(bad, "Minor Defect", "Good"), pa.string()),
        "defect_type": pa.array([("Burr" if b else None) for b in bad], pa.string()),
    }


_MADE = {
    "equipment-assets": _assets,
    "equipment-status": _events,
    "production-metrics": _production,
    "quality-metrics": _inspections,
}
