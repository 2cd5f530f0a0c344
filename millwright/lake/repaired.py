"""Mended records: what lay in quarantine and passes now, beside the chain, each with the position it had in Kafka.

`bronze/<topic>/p=<partition>/repaired/<number>.avro`, numbered from 0 and made by create-if-absent like all else: of
two who mend at once the second is refused. A reader counts them apart, as the chain `~partition` (-1 - partition).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from millwright import bronze
from millwright.bronze import Header
from millwright.errors import MillwrightError
from millwright.lake.chain import PUT_BACK, Link, header_of, partitions, retried
from millwright.lake.files import BronzeFile
from millwright.lake.layout import repaired_folder, repaired_key, start_of
from millwright.lake.manifest import read_manifest
from millwright.store import Store, lake_store


@dataclass(frozen=True)
class Repair:
    """A file of mended records. Its header's offsets are those of the first record and behind the last."""

    number: int
    key: str
    header: Header


def list_repaired(topic: str, after: Mapping[int, int] | None = None) -> list[BronzeFile]:
    """Files of mended records from the numbers `after` on (~partition → number; one left out: all), in order.

    Each comes with ~partition as its partition and its number as its first offset. What it accepts counts as rejected
    less, by the reason for which it lay in quarantine: nothing was consumed anew. Raises MillwrightError when one is
    missing.
    """
    store, found = lake_store(), list[BronzeFile]()
    for partition in partitions(store, topic):
        begin = (after or {}).get(~partition)
        found += [_as_file(store, partition, repair) for repair in repairs(store, topic, partition, begin)]
    return found


def repairs(store: Store, topic: str, partition: int, begin: int | None = None) -> list[Repair]:
    """A partition's files of mended records from a number on (None: the first that is kept)."""
    return retried(partial(_repairs, store, topic, partition, begin))


def _repairs(store: Store, topic: str, partition: int, begin: int | None) -> list[Repair]:
    return list(_each(store, topic, partition, begin))


def _each(store: Store, topic: str, partition: int, begin: int | None) -> Iterator[Repair]:
    names = store.names(repaired_folder(topic, partition))  # before the manifest: what is removed is in that
    floor = read_manifest(store, topic, partition).repaired_floor
    at = floor if begin is None else max(begin, floor)
    for number in sorted(start_of(name) for name in names):
        if number < at:
            continue
        if number != at:
            missing = repaired_key(topic, partition, at)
            raise MillwrightError(f"{missing} is missing, which mended records lay in.", PUT_BACK)
        key = repaired_key(topic, partition, number)
        yield Repair(number, key, header_of(store, Link(number, key)))
        at += 1


def publish_repair(store: Store, topic: str, partition: int, number: int, data: bytes) -> bool:
    """Publish the file of this number, the next; False when it is taken."""
    if not store.create(repaired_key(topic, partition, number), data, "repair"):
        return False
    return read_manifest(store, topic, partition).repaired_floor <= number


def repaired_offsets(store: Store, topic: str, partition: int) -> set[int]:
    """The offsets of a partition's mended records."""
    found: set[int] = set()
    for repair in repairs(store, topic, partition):
        data = store.read(repair.key)
        if data is None:
            raise MillwrightError(f"{repair.key} is gone since it was listed.", "Try again.")
        for batch in bronze.batches(data):
            found.update(batch["_offset"].to_pylist())
    return found


def _as_file(store: Store, partition: int, repair: Repair) -> BronzeFile:
    header = repair.header
    return BronzeFile(
        key=repair.key,
        path=store.path(repair.key),
        topic=header.topic,
        partition=~partition,
        first_offset=repair.number,
        next_offset=repair.number + 1,
        accepted=header.accepted,
        rejected={reason: -records for reason, records in (header.repaired or {}).items()},
        schema_id=header.schema_id,
        append_min=header.append_min,
        append_max=header.append_max,
        quarantined=(),
    )
