"""Readings to measure with: many machines, every channel set, about 100 bytes a record; none of it compresses well."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from millwright.contracts import contract
from millwright.wire import HEADER_BYTES, encode

STREAM = "equipment-sensors"
_CHUNK = 100_000
_MACHINES = 1_000
_FIRST_US = 1_767_225_600_000_000  # 2026-01-01
_STEP_US = 1_000


def readings(count: int, seed: int = 7) -> Iterator[pa.Table]:
    """`count` readings of equipment-sensors in tables of 100,000, in order of event time; seeded."""
    channels = contract(STREAM).channels
    generator = np.random.Generator(np.random.SFC64(seed))
    machines = pa.array([f"HAM{number % 4}-L{number % 10:02d}-PRESS{number:03d}" for number in range(_MACHINES)])
    for first in range(0, count, _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, count))
        at = pa.array(_FIRST_US + rows * _STEP_US, pa.timestamp("us", "UTC"))
        columns = {"equipment_id": machines.take(pa.array(rows % _MACHINES)), "event_time": at}
        columns |= {field.name: generator.uniform(1.0, 99.0, len(rows)) for field in channels}
        yield pa.table(columns)


def mean_bytes() -> float:
    """The mean size of a record in bytes: key and message, as ConsumerPerformance counts them."""
    [sample] = readings(1_000)
    sizes = [len(key) + HEADER_BYTES + len(body) for part in encode(contract(STREAM), sample) for key, body in part]
    return sum(sizes) / len(sizes)
