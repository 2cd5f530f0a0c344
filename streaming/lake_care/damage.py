"""What can be wrong with one bronze file and the quarantine objects that it names."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from millwright import bronze
from millwright.bronze import Header, Part
from millwright.errors import MillwrightError
from millwright.lake.chain import PUT_BACK, Link
from millwright.store import Store
from streaming.sink import quarantine

_POSITION = [field["name"] for field in bronze.POSITION]
_LONGS = pa.schema([(name, pa.int64()) for name in _POSITION])

Longs = np.ndarray[tuple[int], np.dtype[np.int64]]


@dataclass(frozen=True)
class Damage:
    """Something that is not as it has to be, and what to do about it."""

    key: str
    what: str
    remedy: str


def of_header(link: Link, header: Header, topic: str, partition: int) -> Iterator[Damage]:
    """What a header says against its name and against itself."""
    if (header.topic, header.partition, header.first_offset) != (topic, partition, link.start):
        place = f"{header.topic}/{header.partition} from offset {header.first_offset}"
        yield Damage(link.key, f"it says that it holds {place}", "Put the right file back from a backup.")
    at, total = header.first_offset, Counter[str]()
    for part in header.ranges:
        if part.first_offset != at or part.next_offset < at:
            yield Damage(link.key, f"its part from {part.first_offset} does not follow offset {at}", PUT_BACK)
        if part.accepted + sum(part.rejected.values()) > part.next_offset - part.first_offset:
            yield Damage(link.key, "it counts more records than it has offsets", PUT_BACK)
        if bool(part.rejected) != (part.quarantine is not None):
            yield Damage(link.key, "its rejected records and its quarantine object do not match", PUT_BACK)
        total.update({"": part.accepted, **part.rejected})
        at = part.next_offset
    if at != header.next_offset or total != Counter({"": header.accepted, **header.rejected}):
        yield Damage(link.key, "its parts are not what it counts in all", PUT_BACK)


def of_content(store: Store, link: Link, header: Header) -> Iterator[Damage]:
    """What lies in a file and its quarantine objects against the header."""
    if header.gap is not None:
        return
    data = store.read(link.key)
    if data is None:
        yield Damage(link.key, "it is gone", PUT_BACK)
        return
    try:
        bronze.verify(data, link.key)
        partitions, offsets, times = _positions(data)
    except (MillwrightError, ValueError, EOFError) as error:
        yield Damage(link.key, error.message if isinstance(error, MillwrightError) else str(error), PUT_BACK)
        return
    if (partitions != header.partition).any():
        yield Damage(link.key, "it holds records of another partition", PUT_BACK)
    for part in header.ranges:
        mine = (offsets >= part.first_offset) & (offsets < part.next_offset)
        if mine.sum() != part.accepted:
            yield Damage(link.key, f"it does not hold what was accepted from offset {part.first_offset}", PUT_BACK)
        if part.accepted and (times[mine].min() < (part.append_min or 0) or times[mine].max() > (part.append_max or 0)):
            yield Damage(link.key, "it holds append times outside its range", PUT_BACK)
        if part.quarantine is not None:
            yield from _of_quarantine(store, part, set(offsets[mine].tolist()))


def _of_quarantine(store: Store, part: Part, accepted: set[int]) -> Iterator[Damage]:
    key = str(part.quarantine)
    data = store.read(key)
    if data is None:
        yield Damage(key, "it is gone", PUT_BACK)
    elif hashlib.sha256(data).hexdigest() != part.quarantine_sha256:
        yield Damage(key, "its checksum differs", PUT_BACK)
    else:
        records = list(quarantine.decode(data))
        offsets = [record["offset"] for record in records]
        if dict(Counter(record["reason"] for record in records)) != part.rejected:
            yield Damage(key, "it does not hold the records that its bronze file counts", PUT_BACK)
        if len(set(offsets)) < len(offsets) or accepted & set(offsets):
            yield Damage(key, "it holds records that are accepted, or holds some twice", PUT_BACK)
        if any(not part.first_offset <= offset < part.next_offset for offset in offsets):
            yield Damage(key, "it holds offsets outside its range", PUT_BACK)


def _positions(data: bytes) -> tuple[Longs, Longs, Longs]:
    """Partition, offset and append time (ms since 1970) of each record."""
    tables = [batch.select(_POSITION).cast(_LONGS) for batch in bronze.batches(data)]
    table = pa.Table.from_batches(tables, _LONGS)
    partitions, offsets, times = (table[name].to_numpy() for name in _POSITION)
    return partitions, offsets, times
