"""Faults on the way: the same records, sent twice, late, or among broken ones. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa

from millwright.contracts import TIMESTAMP, contract
from streaming.simulate.corrupt import KINDS, broken, encoded
from streaming.simulate.draws import draws
from streaming.simulate.records import STREAMS, Chunk

LATE_CHUNKS = 3  # a late record comes within so many of the following chunks, which are days


@dataclass(frozen=True)
class Faults:
    """Shares of the records, 0 to 1. Only `nulls` changes what a record says; `corrupt` and `future` are extra."""

    duplicates: float = 0.0
    corrupt: float = 0.0
    late: float = 0.0
    out_of_order: float = 0.0
    future: float = 0.0
    nulls: float = 0.0
    clock_skew: float = 0.0


@dataclass(frozen=True)
class Message:
    """Bytes for a stream's topic; `timestamp_ms` is the producer's clock, 0 for the true one."""

    stream: str
    key: bytes
    value: bytes
    timestamp_ms: int = 0


@dataclass
class Tally:
    """Records by stream, and what was done to them."""

    good: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, name: str, stream: str, count: int) -> None:
        if count:
            self.faults.setdefault(name, Counter())[stream] += count


def disturbed(
    chunks: Iterable[Chunk], faults: Faults, seed: int, schema_ids: dict[str, int], now: datetime, tally: Tally
) -> Iterator[Chunk | Message]:
    """The chunks with faults; what every fault does depends on the seed alone, and on no other fault.

    `schema_ids` are those of the registry by stream; extra records from the future lie days after `now`.
    """
    held: dict[str, list[tuple[int, pa.Table]]] = {}
    numbers: Counter[str] = Counter()
    for stream, table in chunks:
        numbers[stream] += 1
        step = _Step(stream, numbers[stream], faults, seed, tally)
        tally.good[stream] += len(table)
        table = step.with_nulls(table)
        late, shares = step.chosen("late", len(table)), draws(seed, "how late", STREAMS.index(stream), step.number)
        waiting = held.setdefault(stream, [])
        due = [part for number, part in waiting if number <= step.number]
        held[stream] = [(number, part) for number, part in waiting if number > step.number]
        when = step.number + 1 + shares.integers(LATE_CHUNKS, size=len(table))
        for number in np.unique(when[late]).tolist():
            held[stream].append((number, table.filter(pa.array(late & (when == number)))))
        yield from step.send(table, np.flatnonzero(~late), due, schema_ids.get(stream, 0), now)
    for stream, waiting in held.items():
        yield from ((stream, part) for _, part in waiting)


@dataclass(frozen=True)
class _Step:
    """One chunk on its way."""

    stream: str
    number: int
    faults: Faults
    seed: int
    tally: Tally

    def draws(self, fault: str) -> np.random.Generator:
        return draws(self.seed, f"fault {fault}", STREAMS.index(self.stream), self.number)

    def chosen(self, fault: str, count: int, among: Any = slice(None)) -> Any:
        """A mask of the records that the fault meets."""
        mask = np.zeros(count, dtype=bool)
        mask[among] = (self.draws(fault).random(count) < getattr(self.faults, fault))[among]
        self.tally.add(fault, self.stream, int(mask.sum()))
        return mask

    def with_nulls(self, table: pa.Table) -> pa.Table:
        rng = self.draws("nulls")
        for channel in contract(self.stream).channels:
            mask = rng.random(len(table)) < self.faults.nulls
            if mask.any():
                self.tally.add("nulls", self.stream, int(mask.sum()))
                gaps = pa.array(table[channel.name].to_numpy(zero_copy_only=False), table[channel.name].type, mask=mask)
                table = table.set_column(table.schema.get_field_index(channel.name), channel.name, gaps)
        return table

    def send(
        self, table: pa.Table, kept: Any, due: list[pa.Table], schema_id: int, now: datetime
    ) -> Iterator[Chunk | Message]:
        count, spec = len(table), contract(self.stream)
        place = np.arange(count, dtype=float)
        moved, how_far = self.chosen("out_of_order", count, kept), self.draws("how far").uniform(2, 60, count)
        place[moved] += how_far[moved]
        twice, again = self.chosen("duplicates", count, kept), self.draws("again").uniform(0.5, 2000, count)
        skewed, skew = self.chosen("clock_skew", count, kept), self.draws("skew").uniform(-5, 5, count) * 86_400_000
        future = self._future(table, now)
        parts = pa.concat_tables([table, *due, future]) if due or len(future) else table
        extra = self.draws("place").uniform(0, max(count, 1), len(parts) - count)
        index = np.concatenate([kept, np.flatnonzero(twice), np.arange(count, len(parts))])
        order = np.argsort(np.concatenate([place[kept], (place + again)[twice], extra]), kind="stable")
        index = index[order]
        messages = dict(self._corrupt(table, schema_id, len(index)))
        # A wrong clock is the producer's, so these records go out as bytes with a time stamp of their own.
        wrong = np.append(skewed, np.zeros(len(parts) - count, dtype=bool))[index]
        at = 0
        for position in sorted({*messages, *np.flatnonzero(wrong).tolist()}):
            if position > at:
                yield self.stream, parts.take(pa.array(index[at:position]))
                at = position
            yield from messages.get(position, [])
            if position < len(index) and wrong[position]:
                key, value = encoded(spec, parts.slice(index[position], 1).to_pylist()[0], schema_id)
                stamp = int(now.timestamp() * 1000 + skew[index[position]])
                yield Message(self.stream, key, value, stamp)
                at = position + 1
        if at < len(index):
            yield self.stream, parts.take(pa.array(index[at:]))

    def _future(self, table: pa.Table, now: datetime) -> pa.Table:
        rng, name = self.draws("future"), contract(self.stream).event_time
        chosen = table.filter(pa.array(rng.random(len(table)) < self.faults.future))
        self.tally.add("future", self.stream, len(chosen))
        days = [timedelta(days=float(d)) for d in rng.uniform(2, 30, len(chosen))]
        ahead = pa.array([now + d for d in days], TIMESTAMP)
        return chosen.set_column(table.schema.get_field_index(name), table.schema.field(name), ahead)

    def _corrupt(self, table: pa.Table, schema_id: int, places: int) -> dict[int, list[Message]]:
        rng, found = self.draws("corrupt"), dict[int, list[Message]]()
        count = int(rng.binomial(len(table), self.faults.corrupt))
        self.tally.add("corrupt", self.stream, count)
        for _ in range(count):
            row = table.slice(int(rng.integers(len(table))), 1).to_pylist()[0]
            kind = KINDS[int(rng.integers(len(KINDS)))]
            key, value = broken(contract(self.stream), row, kind, schema_id, rng)
            found.setdefault(int(rng.integers(places + 1)), []).append(Message(self.stream, key, value))
        return found
