"""Sweeping: removing what no reader looks at. It may be killed, doubled or put to sleep for days at any instant.

| what | why it can go |
|---|---|
| published files that the manifest covers | what it covers, each later manifest covers |
| compacted files that no manifest names | the manifest is renewed first, so whoever would yet name one cannot commit |
| quarantine objects that no file names | only a file that begins where they do could, and the chain has passed that |
| manifests before the newest ten | the newest counts |
| what was being written a day ago | its writer is gone, or fails and tries again |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from millwright.failpoints import failpoint
from millwright.lake.chain import chain_end, read_headers
from millwright.lake.layout import (
    compacted_folder,
    dated,
    manifest_folder,
    published,
    quarantine_folder,
    repaired_folder,
    start_of,
)
from millwright.lake.manifest import Manifest, commit_manifest, read_manifest
from millwright.store import Store

_MANIFESTS = 10


def sweep_partition(store: Store, topic: str, partition: int, replaced_before: datetime | None = None) -> int:
    """Remove a partition's dropped files, and those replaced before a time (None: now); how many.

    A reader that has listed a file just before it was replaced may still be at it.
    """
    until = (replaced_before or datetime.now(UTC)).isoformat(timespec="seconds")
    listed = store.names(compacted_folder(topic, partition))
    manifest = read_manifest(store, topic, partition)
    doomed = [key for key in published(store, topic, partition) if _is_over(manifest, start_of(key), until)]
    doomed += list(_below(store, topic, partition, manifest))
    mended = [f"{repaired_folder(topic, partition)}/{n}" for n in store.names(repaired_folder(topic, partition))]
    doomed += [key for key in mended if start_of(key) < manifest.repaired_floor]
    doomed += _unnamed(store, topic, partition, listed, manifest, until)
    folder = manifest_folder(topic, partition)
    doomed += [f"{folder}/{name}" for name in store.names(folder)[:-_MANIFESTS]]
    return _remove(store, doomed)


def orphans(store: Store, topic: str, partition: int) -> list[str]:
    """The keys of quarantine objects that no file names, nor ever will. Reads the header of each file."""
    # In this order: an object that was listed and is not named yet belongs to the chain's end.
    listed = list(dated(store, quarantine_folder(topic, partition)))
    end = chain_end(store, topic, partition)
    if not listed or end is None:
        return []
    named = {part.quarantine for _, header in read_headers(store, topic, partition).links for part in header.ranges}
    return [key for key in listed if key not in named and start_of(key) < end]


def sweep_orphans(store: Store, topic: str, partition: int) -> int:
    """Remove quarantine objects that no file names; how many."""
    return _remove(store, orphans(store, topic, partition))


def _is_over(manifest: Manifest, start: int, until: str) -> bool:
    if manifest.floor is not None and start < manifest.floor:
        return True
    return any(each.start <= start < each.next_offset and each.at <= until for each in manifest.compacted)


def _below(store: Store, topic: str, partition: int, manifest: Manifest) -> Iterator[str]:
    """Quarantine objects of what was dropped."""
    if manifest.floor is not None:
        for key in dated(store, quarantine_folder(topic, partition)):
            if start_of(key) < manifest.floor:
                yield key


def _unnamed(store: Store, topic: str, partition: int, listed: list[str], manifest: Manifest, until: str) -> list[str]:
    folder = compacted_folder(topic, partition)
    named = {each.key for each in manifest.compacted}
    found = [key for key in (f"{folder}/{name}" for name in listed) if key not in named]
    # One that lies in a range compacted just now may have been replaced by that, and have readers.
    found = [key for key in found if not manifest.covers(start_of(key)) or _is_over(manifest, start_of(key), until)]
    if found and not commit_manifest(store, topic, partition, manifest.renewed(), "sweep_commit"):
        return []  # others are at work: the next time
    return found


def _remove(store: Store, keys: list[str]) -> int:
    for key in keys:
        failpoint("sweep.before_remove")
        store.remove(key)
    return len(keys)
