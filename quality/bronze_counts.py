"""The counts of bronze files: accepted records from their content, rejected ones from headers and quarantine."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import fastavro
import pyarrow as pa

from millwright import bronze
from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.lake import BronzeFile, read_manifest
from millwright.lake.chain import PUT_BACK, read_headers
from millwright.store import Store
from quality.counts import HOUR_MS, Counts
from quality.machines import Machines


def count_file(store: Store, contract: Contract, file: BronzeFile, counts: Counts, machines: Machines) -> None:
    """Add one file, of a chain or of mended records, to the counts.

    Raises MillwrightError when it, or a quarantine object that it names, is gone or damaged.
    """
    mended = file.partition < 0
    records = _accepted(store, file) if file.accepted else None
    if records is not None:
        counts.add(contract, records, None if mended else machines)
    if mended and records is not None:
        offsets, times = records["_offset"].to_pylist(), records["_append_time"].cast(pa.int64()).to_pylist()
        reasons = _reasons(store, file, set(offsets))
        for offset, ms in zip(offsets, times, strict=True):
            counts.hour(ms).rejected[reasons[offset]] -= 1
        return
    for ms, reason, number in _rejected(store, file):
        counts.hour(ms).rejected[reason] += number


def _accepted(store: Store, file: BronzeFile) -> pa.Table:
    data = store.read(file.key)
    if data is None:
        raise MillwrightError(f"{file.key} was listed and is gone.", PUT_BACK)
    batches = [batch for batch in bronze.batches(data) if batch.num_rows]
    records = pa.Table.from_batches(batches)
    if file.skip:  # compacted since a part of it was counted
        records = records.filter(pa.compute.greater_equal(records["_offset"], file.first_offset))
    if len(records) != file.accepted:
        raise MillwrightError(
            f"{file.key} holds {len(records)} records where its header counts {file.accepted}.", PUT_BACK
        )
    return records


def _rejected(store: Store, file: BronzeFile) -> Iterator[tuple[int, str, int]]:
    """Append time (ms), reason and number of rejected records: from the header where all are of one hour."""
    first, last = file.append_min or 0, file.append_max or 0
    if first // HOUR_MS == last // HOUR_MS:
        yield from ((first, reason, number) for reason, number in file.rejected.items())
        return
    left = Counter(file.rejected)
    for each in file.quarantined:
        for record in _quarantine(store, each.key):
            left[record["reason"]] -= 1
            yield record["append_time"], record["reason"], 1
    yield from ((first, reason, number) for reason, number in left.items() if number)


def _reasons(store: Store, file: BronzeFile, offsets: set[int]) -> Mapping[int, str]:
    """Why each of these mended records lay in quarantine; looks into the objects only where there are several whys."""
    if len(file.rejected) == 1:
        return dict.fromkeys(offsets, next(iter(file.rejected)))
    found: dict[int, str] = {}
    low, high = min(offsets), max(offsets)
    for _, header in read_headers(store, file.topic, ~file.partition).links:
        for part in header.ranges:
            if part.quarantine is not None and part.first_offset <= high and part.next_offset > low:
                records = _quarantine(store, part.quarantine)
                found.update({r["offset"]: r["reason"] for r in records if r["offset"] in offsets})
    usual = next(iter(file.rejected), "unknown")  # retention has dropped the object meanwhile
    return {offset: found.get(offset, usual) for offset in offsets}


def _quarantine(store: Store, key: str) -> Iterator[dict[str, Any]]:
    data = store.read(key)
    if data is None:
        raise MillwrightError(f"The quarantine object {key} is gone.", PUT_BACK)
    return iter(fastavro.reader(io.BytesIO(data)))


def floors(store: Store, topic: str, position: Mapping[int, int]) -> dict[int, int]:
    """Partitions of which retention has dropped what was not counted yet, and where their chains begin now."""
    found = {p: read_manifest(store, topic, p).floor for p in position if p >= 0}
    return {p: floor for p, floor in found.items() if floor is not None and floor > position[p]}
