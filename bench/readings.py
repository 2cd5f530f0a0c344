"""Readings to measure with: many machines, every channel set, about 80 bytes a record."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from millwright.contracts import contract

_CHUNK = 100_000
_MACHINES = 200


def readings(count: int) -> Iterator[pa.Table]:
    """`count` readings of equipment-sensors in tables of 100,000, in order of event time; seeded."""
    spec = contract("equipment-sensors")
    generator = np.random.default_rng(7)
    machines = np.array([f"M{number:04d}" for number in range(_MACHINES)])
    for first in range(0, count, _CHUNK):
        rows = np.arange(first, min(first + _CHUNK, count))
        at = pa.array(1_767_225_600_000_000 + rows * 1_000, pa.timestamp("us", "UTC"))
        columns = {"equipment_id": machines[rows % _MACHINES], "event_time": at}
        columns |= {field.name: generator.normal(50, 5, len(rows)).clip(1, 99) for field in spec.channels}
        yield pa.table(columns)
