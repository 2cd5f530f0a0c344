"""What is counted of records: pure, from Arrow to counts by hour that add up, whatever they are cut into."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from millwright.contracts import Contract
from millwright.quality_tables import DELAY_COLUMNS, DELAYS
from quality.machines import Machines

Ints = npt.NDArray[np.int64]
HOUR_MS = 3_600_000
_EDGES_MS = np.array(list(DELAYS.values()), np.int64) * 1000


def _no_delays() -> Ints:
    return np.zeros(len(DELAY_COLUMNS), np.int64)


@dataclass
class Hour:
    """The records of one append hour. `delays` counts the accepted by DELAY_COLUMNS, `rejected` by reason."""

    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    mended: int = 0  # of the accepted: they lay in quarantine before
    lost: int = 0  # offsets that Kafka dropped before they were landed
    out_of_order: int = 0  # of the accepted: older than one of their machine that came before
    delays: Ints = field(default_factory=_no_delays)
    nulls: Counter[str] = field(default_factory=Counter)  # by optional field, also where there are none


@dataclass
class Counts:
    """Counts by hour (its number since 1970): of append times, and of event times by delay."""

    hours: dict[int, Hour] = field(default_factory=dict)
    event_hours: dict[int, Ints] = field(default_factory=dict)

    def hour(self, ms: int) -> Hour:
        """The append hour in which a time (ms since 1970) lies."""
        return self.hours.setdefault(ms // HOUR_MS, Hour())

    def add(self, contract: Contract, records: pa.Table, machines: Machines | None) -> None:
        """Count accepted records of a bronze file (columns of its schema, position first) in order of offset.

        `machines` is brought forward; None for mended records, which are no arrivals.
        """
        if not len(records):
            return
        append_ms = records["_append_time"].cast(pa.int64()).to_numpy()
        event_us = records[contract.event_time].cast(pa.int64()).to_numpy()
        numbers, at = np.unique(append_ms // HOUR_MS, return_inverse=True)
        delay = np.searchsorted(_EDGES_MS, append_ms - event_us // 1000, side="left")
        late = np.zeros(len(records), np.bool_) if machines is None else machines.take(records, append_ms, event_us)
        by_delay, accepted, out_of_order = _by(at, delay, len(numbers)), np.bincount(at), _count(at, late, len(numbers))
        nulls = {f.name: _nulls(records, f.name, at, len(numbers)) for f in contract.fields if f.nullable}
        for place, number in enumerate(numbers.tolist()):
            hour = self.hours.setdefault(number, Hour())
            hour.accepted += int(accepted[place])
            hour.mended += int(accepted[place]) if machines is None else 0
            hour.out_of_order += int(out_of_order[place])
            hour.delays += by_delay[place]
            for name, found in nulls.items():
                hour.nulls[name] += int(found[place])
        numbers, at = np.unique(event_us // (HOUR_MS * 1000), return_inverse=True)
        for number, found in zip(numbers.tolist(), _by(at, delay, len(numbers)), strict=True):
            self.event_hours[number] = self.event_hours.get(number, _no_delays()) + found


def _by(at: Ints, delay: Ints, places: int) -> Ints:
    """Records by place and delay."""
    width = len(DELAY_COLUMNS)
    return np.bincount(at * width + delay, minlength=places * width).reshape(places, width).astype(np.int64)


def _count(at: Ints, which: npt.NDArray[np.bool_], places: int) -> Ints:
    return np.bincount(at[which], minlength=places).astype(np.int64)


def _nulls(records: pa.Table, name: str, at: Ints, places: int) -> Ints:
    """Nulls of a field by place; a field that the file's writer did not know yet is null in all."""
    if name not in records.column_names:
        return np.bincount(at, minlength=places).astype(np.int64)
    if not records[name].null_count:
        return np.zeros(places, np.int64)
    return _count(at, records[name].is_null().to_numpy(), places)
