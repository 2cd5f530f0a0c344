"""The lake's layout, and bronze as one unbroken chain of files for each partition of a topic.

A file is named by the first offset of its range, and publishing it under that name, which can be done once only, is
the sink's only commit. `genesis.json` says where the chain begins and of which topic (a topic that was deleted and
made anew has another id); `<start>.gap.json` stands where Kafka dropped records before they were landed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from millwright.bronze import Header, read_header
from millwright.errors import MillwrightError
from millwright.store import Store, lake_store

_DIGITS = 20
_FILE, _GAP = ".avro", ".gap.json"
_HEADER_BYTES = 32_768  # a header with a contract of 100 fields fits
_LISTINGS = 5


@dataclass(frozen=True)
class Link:
    """One link of a partition's chain, as its name tells."""

    start: int
    key: str

    @property
    def is_gap(self) -> bool:
        return self.key.endswith(_GAP)


@dataclass(frozen=True)
class Genesis:
    """Where a partition's chain begins."""

    topic_id: str
    first_offset: int


@dataclass(frozen=True)
class BronzeFile:
    """A bronze file and its header."""

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
    quarantine: str | None  # key of the object that holds the rejected records
    quarantine_sha256: str | None


def partition_folder(topic: str, partition: int) -> str:
    return f"bronze/{topic}/p={partition}"


def bronze_key(topic: str, partition: int, first_append_ms: int, start: int) -> str:
    """The name of the file that begins at this offset: the same for whoever writes it."""
    return f"{partition_folder(topic, partition)}/date={_date(first_append_ms)}/{start:0{_DIGITS}d}{_FILE}"


def gap_key(topic: str, partition: int, start: int) -> str:
    return f"{partition_folder(topic, partition)}/{start:0{_DIGITS}d}{_GAP}"


def quarantine_key(topic: str, partition: int, first_append_ms: int, start: int, unique: str) -> str:
    folder = f"quarantine/{topic}/p={partition}/date={_date(first_append_ms)}"
    return f"{folder}/{start:0{_DIGITS}d}-{unique}{_FILE}"


def _date(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).date().isoformat()


def read_genesis(store: Store, topic: str, partition: int) -> Genesis | None:
    """The beginning of a partition's chain; None when nothing of it has been landed."""
    data = store.read(f"{partition_folder(topic, partition)}/genesis.json")
    return Genesis(**json.loads(data)) if data is not None else None


def create_genesis(store: Store, topic: str, partition: int, genesis: Genesis) -> Genesis:
    """Begin a chain, unless somebody has; the genesis that stands."""
    key = f"{partition_folder(topic, partition)}/genesis.json"
    store.create(key, json.dumps(genesis.__dict__).encode(), "genesis")
    found = read_genesis(store, topic, partition)
    assert found is not None, f"{key} was published and is gone"
    return found


def create_gap(store: Store, key: str, next_offset: int, reason: str) -> bool:
    """Record that a range will never be landed, from the key's offset up to `next_offset`; False if it is recorded."""
    found_at = datetime.now(UTC).isoformat(timespec="seconds")
    record = {"next_offset": next_offset, "reason": reason, "found_at": found_at}
    return store.create(key, json.dumps(record).encode(), "gap")


def links(store: Store, topic: str, partition: int) -> list[Link]:
    """The links of a partition's chain in order, by name only. Raises MillwrightError when two begin at one offset."""
    folder = partition_folder(topic, partition)
    found: dict[int, Link] = {}
    names = store.names(folder)
    files = (f"{date}/{name}" for date in names if date.startswith("date=") for name in store.names(f"{folder}/{date}"))
    for name in [*files, *names]:
        if not name.endswith((_FILE, _GAP)):
            continue
        link = Link(int(name.rpartition("/")[2][:_DIGITS]), f"{folder}/{name}")
        if (other := found.setdefault(link.start, link)) is not link:
            raise MillwrightError(f"{other.key} and {link.key} claim the same records.", "Keep one of the two.")
    return [found[start] for start in sorted(found)]


def next_of(store: Store, link: Link) -> int:
    """The offset at which the chain goes on after a link."""
    if not link.is_gap:
        return header_of(store, link).next_offset
    data = store.read(link.key)
    if data is None:
        raise _missing(link)
    return int(json.loads(data)["next_offset"])


def header_of(store: Store, link: Link) -> Header:
    """The header of a link that is a file. Raises MillwrightError when it is damaged or gone."""
    for limit in (_HEADER_BYTES, -1):
        data = store.read(link.key, limit)
        if data is None:
            raise _missing(link)
        if (header := read_header(data, link.key)) is not None:
            return header
    raise MillwrightError(f"The bronze file {link.key} ends in its header.", "Put it back from a backup.")


def chain_end(store: Store, topic: str, partition: int) -> int | None:
    """The offset at which the sink goes on; None when the chain has not begun. Looks at the last link only."""
    genesis = read_genesis(store, topic, partition)
    if genesis is None:
        return None
    chain = links(store, topic, partition)
    if not chain:
        return genesis.first_offset
    return next_of(store, chain[-1])


def settle_end(store: Store, topic: str, partition: int) -> None:
    """What is built on has to outlive a power cut as surely as what is added: its writer may have died just before."""
    if chain := links(store, topic, partition):
        store.settle(chain[-1].key)


def partitions(store: Store, topic: str) -> list[int]:
    """The partitions of which the lake has a chain."""
    return sorted(int(name[2:]) for name in store.names(f"bronze/{topic}") if name.startswith("p="))


def list_bronze(topic: str, after: Mapping[int, int] | None = None) -> list[BronzeFile]:
    """Files whose range begins at or after `after` (partition → offset; a partition left out: all), in order.

    Raises MillwrightError when the chain is broken: a file is missing, two overlap, or `after` is not one of its ends.
    """
    store, found = lake_store(), list[BronzeFile]()
    for partition in sorted({*partitions(store, topic), *(after or {})}):
        found += _files_of(store, topic, partition, (after or {}).get(partition))
    return found


def _files_of(store: Store, topic: str, partition: int, after: int | None) -> list[BronzeFile]:
    for listing in range(1, _LISTINGS + 1):
        try:
            return list(_chain(store, topic, partition, after))
        except MillwrightError:
            # Folders are listed one after another: a file may have been missed that came in the meantime.
            if listing == _LISTINGS:
                raise
            time.sleep(0.05)
    raise AssertionError("unreachable")


def _chain(store: Store, topic: str, partition: int, after: int | None) -> Iterator[BronzeFile]:
    genesis, chain = read_genesis(store, topic, partition), links(store, topic, partition)
    folder = partition_folder(topic, partition)
    if genesis is None:
        if chain or after is not None:
            raise MillwrightError(f"{folder} has lost its genesis.json.", "Put it back from a backup.")
        return
    before = [link for link in chain if after is not None and link.start < after]
    at = next_of(store, before[-1]) if before else genesis.first_offset
    if after is not None and at != after:
        raise MillwrightError(
            f"{folder} has been read up to offset {after}, but no file ends there: the nearest ends at {at}.",
            "Put the missing files back from a backup, or rebuild silver from bronze.",
        )
    for link in chain[len(before) :]:
        if link.start != at:
            raise MillwrightError(
                f"The chain of {folder} is broken: offset {at} is followed by {link.key}.",
                "Put the missing files back from a backup.",
            )
        if link.is_gap:
            at = next_of(store, link)
            continue
        header = header_of(store, link)
        yield BronzeFile(link.key, store.path(link.key), **header.__dict__)
        at = header.next_offset


def _missing(link: Link) -> MillwrightError:
    return MillwrightError(f"{link.key} was listed and is gone.", "Put it back from a backup.")
