"""The plant's records, as Arrow tables in the contracts' columns: pure, a day at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from millwright.contracts import TIMESTAMP, contract
from millwright.reference import read
from streaming.simulate.draws import draws
from streaming.simulate.events import events
from streaming.simulate.inspections import inspections
from streaming.simulate.plant import Plant
from streaming.simulate.sensors import readings
from streaming.simulate.timeline import Timeline
from streaming.simulate.wear import Floats

ASSETS, SENSORS, STATUS = "equipment-assets", "equipment-sensors", "equipment-status"
QUALITY, PRODUCTION = "quality-metrics", "production-metrics"
STREAMS = (ASSETS, SENSORS, STATUS, QUALITY, PRODUCTION)

Chunk = tuple[str, pa.Table]


def history(plant: Plant, interval: timedelta) -> Iterator[Chunk]:
    """All records of the history, stream by stream for one day after the other; an interval's reading is its start's.

    A chunk holds one stream's records of one day, in the order of their event times.
    """
    yield ASSETS, assets(plant)
    step = interval.total_seconds()
    for day in range(plant.history_minutes // 1440):
        first = -(-day * 86400 // step)  # the first whole step of the day
        yield SENSORS, sensors(plant, day, np.arange(first * step, (day + 1) * 86400, step))
        yield STATUS, status(plant, day * 1440, (day + 1) * 1440)
        yield QUALITY, quality(plant, day)
        yield PRODUCTION, production(plant, day * 24, (day + 1) * 24)


def assets(plant: Plant) -> pa.Table:
    """One record a machine, valid from the start."""
    rows = [
        {
            "equipment_id": m.equipment_id,
            "event_time": plant.start,
            "equipment_name": m.name,
            "equipment_type": m.type.name,
            "model": m.model,
            "plant_id": m.plant_id,
            "line_id": m.line_id,
            "commissioned_at": m.commissioned_at,
        }
        for m in (story.machine for story in plant.timelines)
    ]
    return pa.Table.from_pylist(rows, schema=contract(ASSETS).arrow_schema)


def sensors(plant: Plant, day: int, seconds: Floats) -> pa.Table:
    """A reading of every machine at every moment, given in seconds after the start."""
    parts = []
    for story in plant.timelines:
        rng = draws(plant.seed, "reading", story.machine.index, day)
        parts.append(table(plant, SENSORS, story, seconds, readings(story, seconds, plant.seed, rng)))
    return _in_order(parts)


def status(plant: Plant, since: int, until: int) -> pa.Table:
    """What happened to the machines from minute `since` up to but not including `until`."""
    rows = [
        {**row, "equipment_id": story.machine.equipment_id, "event_time": plant.time(row["minute"])}
        for story in plant.timelines
        for row in events(story, since, until)
    ]
    return _in_order([pa.Table.from_pylist(rows, schema=contract(STATUS).arrow_schema)])


def quality(plant: Plant, day: int) -> pa.Table:
    """The inspections of one day after the start."""
    defects = read("defect_types")
    parts = []
    for story in plant.timelines:
        columns = inspections(story, day, plant.seed, plant.products, defects)
        parts.append(table(plant, QUALITY, story, columns.pop("seconds"), columns))
    return _in_order(parts)


def production(plant: Plant, since: int, until: int) -> pa.Table:
    """What was made in the hours from `since` up to but not including `until`; hours outside a shift have no record."""
    ideal = np.array([p.ideal_cycle_time for p in plant.products])
    ids = np.array([p.product_id for p in plant.products])
    parts = []
    for story in plant.timelines:
        hours = since + np.flatnonzero(story.shift_of_hour[since:until] >= 0)
        product = story.product[story.shift_of_hour[hours]]
        columns = {
            "interval_seconds": np.full(len(hours), 3600.0),
            "product_id": ids[product].tolist(),
            "ideal_cycle_time": ideal[product],
            "units": story.units[hours],
            "good_units": story.good_units[hours],
        }
        parts.append(table(plant, PRODUCTION, story, np.asarray(hours * 3600.0, dtype=np.float64), columns))
    return _in_order(parts)


def table(plant: Plant, stream: str, story: Timeline, seconds: Floats, columns: dict[str, Any]) -> pa.Table:
    """A machine's records; fields of the contract that the simulator does not know are null."""
    given = {
        **columns,
        "equipment_id": pa.array([story.machine.equipment_id] * len(seconds), pa.string()),
        "event_time": pa.array(plant.micros(seconds), pa.int64()).cast(TIMESTAMP),
    }
    schema = contract(stream).arrow_schema
    arrays = [pa.array(given[f.name], f.type) if f.name in given else pa.nulls(len(seconds), f.type) for f in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def _in_order(parts: list[pa.Table]) -> pa.Table:
    keys = [("event_time", "ascending"), ("equipment_id", "ascending")]
    return pa.concat_tables(parts).sort_by(keys).combine_chunks()
