"""What lies in the lake: files with what their headers say, and records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from millwright import bronze
from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.lake import list_bronze, list_repaired, partitions
from millwright.lake.chain import Link, read_headers
from millwright.lake.layout import compacted_folder, published, start_of
from millwright.lake.manifest import read_manifest
from millwright.lake.repaired import repairs
from millwright.store import Store, lake_store
from streaming.lake_care.sweep import orphans


@dataclass(frozen=True)
class Listed:
    """One link of a chain, a file or a gap; or a file of mended records, from the first one's offset to the last's."""

    topic: str
    partition: int
    key: str
    first_offset: int
    next_offset: int
    accepted: int
    rejected: dict[str, int]  # by reason
    bytes: int
    append_min: str | None  # ISO 8601
    append_max: str | None
    parts: int  # ranges as the sink published them
    gap: str | None  # why the range will never be landed
    repaired: bool = False


def topics_of(names: Sequence[str] = ()) -> list[str]:
    """The topics of these streams or topics; all that the lake has, when none is named.

    Raises MillwrightError for a name that is neither.
    """
    there = lake_store().names("bronze")
    if not names:
        return there
    by_stream = {each.stream: each.topic for each in contracts().values()}
    for name in names:
        if name not in by_stream and name not in there:
            known = ", ".join(by_stream)
            raise MillwrightError(f"The lake has no topic {name!r}, and no stream is called so.", f"There are {known}.")
    return [by_stream.get(name, name) for name in names]


def files(store: Store, topic: str) -> Iterator[Listed]:
    """All links of a topic's chains, in order, and after each chain its mended records."""
    for partition in partitions(store, topic):
        found = list(read_headers(store, topic, partition).links)
        found += [(Link(each.number, each.key), each.header) for each in repairs(store, topic, partition)]
        folders = {link.key.rpartition("/")[0] for link, _ in found}
        sizes = {f"{folder}/{name}": size for folder in folders for name, size in store.sizes(folder).items()}
        for link, header in found:
            yield Listed(
                topic=topic,
                partition=partition,
                key=link.key,
                first_offset=header.first_offset,
                next_offset=header.next_offset,
                accepted=header.accepted,
                rejected=header.rejected,
                bytes=sizes.get(link.key, 0),
                append_min=_iso(header.append_min),
                append_max=_iso(header.append_max),
                parts=len(header.ranges),
                gap=header.gap,
                repaired=header.repaired is not None,
            )


def leftovers(store: Store, topics: list[str]) -> dict[str, list[str]]:
    """Keys that no reader looks at, by what they are: what `millwright lake sweep` removes, sooner or later."""
    found: dict[str, list[str]] = {"replaced": [], "compacted and unnamed": [], "quarantine unnamed": []}
    for topic in topics:
        for partition in partitions(store, topic):
            folder = compacted_folder(topic, partition)
            compacted = store.names(folder)
            manifest = read_manifest(store, topic, partition)
            named = {each.key for each in manifest.compacted}
            found["replaced"] += [k for k in published(store, topic, partition) if manifest.covers(start_of(k))]
            found["compacted and unnamed"] += [k for n in compacted if (k := f"{folder}/{n}") not in named]
            found["quarantine unnamed"] += orphans(store, topic, partition)
    found["being written"] = store.unfinished(0)
    return found


def records(
    store: Store, target: str, partition: int | None = None, low: int | None = None, high: int | None = None
) -> Iterator[dict[str, Any]]:
    """Records of a bronze file (its key, or its path) or of a topic or stream, with offsets from `low` up to `high`.

    Time stamps are `datetime`s. Raises MillwrightError when there is no such file, topic or stream.
    """
    key = target.removeprefix(store.path("")).lstrip("/")
    keys = [key] if key.endswith(".avro") else _keys(target, partition, low, high)
    for each in keys:
        data = store.read(each)
        if data is None:
            raise MillwrightError(f"The lake has no file {each}.", "`millwright lake ls` shows those it has.")
        bronze.verify(data, each)
        for row in bronze.read(data):
            if (low is None or row["_offset"] >= low) and (high is None or row["_offset"] < high):
                yield row


def _keys(target: str, partition: int | None, low: int | None, high: int | None) -> Iterator[str]:
    [topic] = topics_of([target])
    for file in list_bronze(topic):
        beside = (low is not None and file.next_offset <= low) or (high is not None and file.first_offset >= high)
        if file.accepted and not beside and partition in (None, file.partition):
            yield file.key
    for file in list_repaired(topic):
        if partition in (None, ~file.partition):
            yield file.key


def _iso(ms: int | None) -> str | None:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds") if ms is not None else None
