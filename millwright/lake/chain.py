"""A partition's chain: its beginning, its links by name, and where it ends."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from millwright import bronze
from millwright.bronze import Header
from millwright.errors import MillwrightError
from millwright.lake.layout import OLD_GAP, bronze_key, genesis_key, published, start_of
from millwright.lake.manifest import Manifest, is_replaced, read_manifest
from millwright.store import Store

_HEADER_BYTES = (32_768, 1_000_000, -1)  # a contract of 100 fields fits; a compacted file of 1,000 parts; anything

_LISTINGS = 5
T = TypeVar("T")

PUT_BACK = "Put it back from a backup."


@dataclass(frozen=True)
class Link:
    """One link of a partition's chain, as its name tells."""

    start: int
    key: str


@dataclass(frozen=True)
class Genesis:
    """Where a partition's chain begins."""

    topic_id: str
    first_offset: int


@dataclass(frozen=True)
class Chain:
    """The links that count, in order, and the manifest that says so."""

    links: list[Link]
    manifest: Manifest


@dataclass(frozen=True)
class ReadChain:
    """The same with the header of each link."""

    links: list[tuple[Link, Header]]
    manifest: Manifest


def read_genesis(store: Store, topic: str, partition: int) -> Genesis | None:
    """The beginning of a partition's chain; None when nothing of it has been landed."""
    data = store.read(genesis_key(topic, partition))
    return Genesis(**json.loads(data)) if data is not None else None


def create_genesis(store: Store, topic: str, partition: int, genesis: Genesis) -> Genesis:
    """Begin a chain, unless somebody has; the genesis that stands."""
    store.create(genesis_key(topic, partition), json.dumps(genesis.__dict__).encode(), "genesis")
    found = read_genesis(store, topic, partition)
    assert found is not None, f"{genesis_key(topic, partition)} was published and is gone"
    return found


def create_gap(store: Store, topic: str, partition: int, start: int, next_offset: int, reason: str) -> bool:
    """Record that the range from `start` up to `next_offset` will never be landed; False if `start` is taken."""
    data = bronze.write_gap(topic, partition, start, next_offset, reason)
    created = store.create(bronze_key(topic, partition, start), data, "gap")
    return created and not is_replaced(store, topic, partition, start)


def links(store: Store, topic: str, partition: int) -> list[Link]:
    """The links of a partition's chain in order, by name only. Raises MillwrightError when two begin at one offset."""
    return read_links(store, topic, partition).links


def read_links(store: Store, topic: str, partition: int) -> Chain:
    """The same, with the manifest that they were chosen by."""
    # In this order: what is removed is in a manifest before, so what the listing lacks the manifest covers.
    names = list(published(store, topic, partition))
    manifest = read_manifest(store, topic, partition)
    found = {each.start: Link(each.start, each.key) for each in manifest.compacted}
    for key in names:
        if manifest.covers(start_of(key)):
            continue  # waiting to be removed, or put there by a worker that had slept
        link = Link(start_of(key), key)
        if (other := found.setdefault(link.start, link)) is not link:
            raise MillwrightError(f"{other.key} and {link.key} claim the same records.", "Keep one of the two.")
    return Chain([found[start] for start in sorted(found)], manifest)


def header_of(store: Store, link: Link) -> Header:
    """The header of a link. Raises MillwrightError when it is damaged or gone."""
    for limit in _HEADER_BYTES:
        data = store.read(link.key, limit)
        if data is None:
            raise MillwrightError(f"{link.key} was listed and is gone.", PUT_BACK)
        if link.key.endswith(OLD_GAP):
            return _old_gap(link, data)
        if (header := bronze.read_header(data, link.key)) is not None:
            return header
    raise MillwrightError(f"The bronze file {link.key} ends in its header.", PUT_BACK)


def read_headers(store: Store, topic: str, partition: int) -> ReadChain:
    """A whole chain with its headers. Raises MillwrightError when a link is damaged or gone."""
    return retried(lambda: _read_headers(store, topic, partition))


def _read_headers(store: Store, topic: str, partition: int) -> ReadChain:
    chain = read_links(store, topic, partition)
    return ReadChain([(link, header_of(store, link)) for link in chain.links], chain.manifest)


def retried(read: Callable[[], T]) -> T:
    """Read once more what lists and then opens.

    Folders are listed one after another, and what compaction has replaced is removed: damage may only seem so.
    """
    for _ in range(_LISTINGS - 1):
        try:
            return read()
        except MillwrightError:
            time.sleep(0.05)
    return read()


def _old_gap(link: Link, data: bytes) -> Header:
    topic, partition = link.key.split("/")[1:3]
    said = json.loads(data)
    return bronze.gap_header(topic, int(partition[2:]), link.start, said["next_offset"], said["reason"])


def chain_end(store: Store, topic: str, partition: int) -> int | None:
    """The offset at which the sink goes on; None when the chain has not begun. Looks at the last link only."""
    genesis = read_genesis(store, topic, partition)
    if genesis is None:
        return None
    return retried(lambda: _end(store, topic, partition, genesis))


def _end(store: Store, topic: str, partition: int, genesis: Genesis) -> int:
    chain = links(store, topic, partition)
    return header_of(store, chain[-1]).next_offset if chain else genesis.first_offset


def settle_end(store: Store, topic: str, partition: int) -> None:
    """What is built on has to outlive a power cut as surely as what is added: its writer may have died just before."""
    if chain := links(store, topic, partition):
        store.settle(chain[-1].key)


def partitions(store: Store, topic: str) -> list[int]:
    """The partitions of which the lake has a chain."""
    return sorted(int(name[2:]) for name in store.names(f"bronze/{topic}") if name.startswith("p="))
