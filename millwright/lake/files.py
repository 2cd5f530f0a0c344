"""Bronze files in order, with what their headers say: what every reader of the lake begins with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from millwright.bronze import Header, Part
from millwright.errors import MillwrightError
from millwright.lake.chain import Link, header_of, partitions, read_genesis, read_links, retried
from millwright.lake.layout import partition_folder
from millwright.store import Store, lake_store


@dataclass(frozen=True)
class Quarantined:
    """A quarantine object that a bronze file names."""

    key: str
    sha256: str
    records: dict[str, int]  # by reason


@dataclass(frozen=True)
class BronzeFile:
    """A bronze file and what its header says of the range from `first_offset` up to `next_offset`."""

    key: str
    path: str  # as other programs open it
    topic: str
    partition: int
    first_offset: int
    next_offset: int
    accepted: int
    rejected: dict[str, int]  # records by reason
    schema_id: int
    append_min: int | None  # ms since 1970, of the accepted and the rejected records
    append_max: int | None
    quarantined: tuple[Quarantined, ...]  # the objects that hold the rejected records
    skip: bool = False  # the file begins before `first_offset`: its records before that are not meant


def list_bronze(topic: str, after: Mapping[int, int] | None = None) -> list[BronzeFile]:
    """Files whose range begins at or after `after` (partition → offset; a partition left out: all), in order.

    Mended records are listed apart (`list_repaired`). A compacted file of which a part has been read already comes
    with `skip`. Raises MillwrightError when the chain is broken: a file is missing, two overlap, or `after` is not one
    of its ends.
    """
    store, found = lake_store(), list[BronzeFile]()
    for partition in sorted({*partitions(store, topic), *(p for p in after or {} if p >= 0)}):
        begin = (after or {}).get(partition)
        found += retried(partial(_chain, store, topic, partition, begin))
    return found


def _chain(store: Store, topic: str, partition: int, after: int | None) -> list[BronzeFile]:
    return list(_files(store, topic, partition, after))


def _files(store: Store, topic: str, partition: int, after: int | None) -> Iterator[BronzeFile]:
    genesis, chain = read_genesis(store, topic, partition), read_links(store, topic, partition)
    folder, floor = partition_folder(topic, partition), chain.manifest.floor
    if genesis is None:
        if chain.links or after is not None:
            raise MillwrightError(f"{folder} has lost its genesis.json.", "Put it back from a backup.")
        return
    at = floor if floor is not None else genesis.first_offset
    if after is not None and floor is not None and after < floor:
        raise MillwrightError(
            f"{folder} has been read up to offset {after}, and retention has dropped what comes before {floor}.",
            "Put the dropped files back from a backup, or rebuild silver from what bronze has.",
        )
    before = [link for link in chain.links if after is not None and link.start < after]
    if before:
        header = header_of(store, before[-1])
        at = header.next_offset
        if after is not None and any(part.first_offset == after for part in header.parts):
            yield bronze_file(store, before[-1], header, after)
            after = at
    if after is not None and at != after:
        raise MillwrightError(
            f"{folder} has been read up to offset {after}, but no file ends there: the nearest ends at {at}.",
            "Put the missing files back from a backup, or rebuild silver from bronze.",
        )
    for link in chain.links[len(before) :]:
        if link.start != at:
            raise MillwrightError(
                f"The chain of {folder} is broken: offset {at} is followed by {link.key}.",
                "Put the missing files back from a backup.",
            )
        header = header_of(store, link)
        if header.gap is None:
            yield bronze_file(store, link, header)
        at = header.next_offset


def bronze_file(store: Store, link: Link, header: Header, after: int | None = None) -> BronzeFile:
    """A link that is a file; its parts from `after` on, if that is told."""
    parts = [part for part in header.ranges if after is None or part.first_offset >= after]
    rejected: Counter[str] = Counter()
    for part in parts:
        rejected.update(part.rejected)
    return BronzeFile(
        key=link.key,
        path=store.path(link.key),
        topic=header.topic,
        partition=header.partition,
        first_offset=parts[0].first_offset,
        next_offset=header.next_offset,
        accepted=sum(part.accepted for part in parts),
        rejected=dict(sorted(rejected.items())),
        schema_id=header.schema_id,
        append_min=min((part.append_min for part in parts if part.append_min is not None), default=None),
        append_max=max((part.append_max for part in parts if part.append_max is not None), default=None),
        quarantined=tuple(quarantined(part) for part in parts if part.quarantine is not None),
        skip=after is not None,
    )


def quarantined(part: Part) -> Quarantined:
    assert part.quarantine is not None
    return Quarantined(part.quarantine, part.quarantine_sha256 or "", part.rejected)
