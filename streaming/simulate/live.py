"""The same plant after the end of its history, in real time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import contract
from streaming.simulate.draws import draws
from streaming.simulate.plant import Plant
from streaming.simulate.records import PRODUCTION, QUALITY, SENSORS, STATUS, Chunk, production, quality, status, table
from streaming.simulate.sensors import readings

TICK_SECONDS = 0.25


def live(plant: Plant, rate: float, seconds: float, wait: Callable[[float], bool]) -> Iterator[Chunk]:
    """Chunks as they become due: `rate` readings a second over all machines, and what else happens meanwhile.

    Begins with what happened between the end of the history and now, readings apart. Ends after `seconds`, or when
    `wait(seconds)` says so by returning true.
    """
    begun = _since_start(plant)
    happened, read = plant.history_minutes * 60.0, begun
    while (now := _since_start(plant)) < begun + seconds and not wait(TICK_SECONDS):
        yield from _filled(happenings(plant, happened, now))
        yield from _filled([(SENSORS, readings_between(plant, rate, read, now))])
        happened = read = now
    last = min(_since_start(plant), begun + seconds)
    yield from _filled([*happenings(plant, happened, last), (SENSORS, readings_between(plant, rate, read, last))])


def readings_between(plant: Plant, rate: float, since: float, until: float) -> pa.Table:
    """Readings due after `since` up to `until`, in seconds after the start; the machines take turns."""
    number = np.arange(int(np.floor(since * rate)) + 1, int(np.floor(until * rate)) + 1)
    parts = [contract(SENSORS).arrow_schema.empty_table()]
    for story in plant.timelines:
        own = number[number % len(plant.timelines) == story.machine.index]
        if len(own):
            rng = draws(plant.seed, "live", story.machine.index, int(own[0]))
            at = own / rate
            parts.append(table(plant, SENSORS, story, at, readings(story, at, plant.seed, rng)))
    return pa.concat_tables(parts).sort_by("event_time")


def happenings(plant: Plant, since: float, until: float) -> Iterator[Chunk]:
    """Events and inspections after `since` up to `until`, in seconds after the start, and the hours that ended."""
    if until <= since:
        return
    yield STATUS, status(plant, int(since // 60) + 1, int(until // 60) + 1)
    for day in range(int(since // 86400), int(until // 86400) + 1):
        inspected = quality(plant, day)
        after, upto = (pa.scalar(int(m), pa.int64()) for m in plant.micros(np.array([since, until])))
        at = inspected["event_time"].cast(pa.int64())
        yield QUALITY, inspected.filter(pc.and_(pc.greater(at, after), pc.less_equal(at, upto)))
    yield PRODUCTION, production(plant, int(since // 3600), int(until // 3600))


def _since_start(plant: Plant) -> float:
    return (datetime.now(UTC) - plant.start).total_seconds()


def _filled(chunks: Iterator[Chunk] | list[Chunk]) -> Iterator[Chunk]:
    return ((stream, rows) for stream, rows in chunks if len(rows))
