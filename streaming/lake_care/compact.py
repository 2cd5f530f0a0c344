"""Compaction: many small files of a partition become one. The manifest that says so is the commit.

Killed at any instant, it has either committed or left an object that nobody reads. What it replaces stays readable for
a while for those who have listed it; `sweep` removes it.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from millwright import bronze
from millwright.bronze import Header
from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.lake.chain import PUT_BACK, Link, read_headers
from millwright.lake.layout import compacted_key
from millwright.lake.manifest import Compacted, Manifest, commit_manifest
from millwright.store import Store
from streaming.lake_care.merge import merge

# Each part of a compacted file stays a place at which a reader may go on, and takes 200 to 400 bytes of its header.
_MAX_PARTS = 1000
_ATTEMPTS = 5

Read = tuple[Link, Header]


@dataclass(frozen=True)
class Compaction:
    """What compaction did to one partition, or to several."""

    replaced: int = 0  # files
    written: int = 0  # files in their place
    records: int = 0  # accepted ones in them

    def __add__(self, other: Compaction) -> Compaction:
        return Compaction(self.replaced + other.replaced, self.written + other.written, self.records + other.records)


def compact_partition(
    store: Store, topic: str, partition: int, max_records: int, progress: Callable[[int], None] | None = None
) -> Compaction:
    """Put runs of small files into files of at most `max_records` records. `progress` is told files done with.

    The chain's last file stays as it is. Raises MillwrightError naming the file when one is damaged: nothing is
    committed that was not proven; Unavailable when others keep committing first.
    """
    done = Compaction()
    for _ in range(_ATTEMPTS):
        chain = read_headers(store, topic, partition)
        manifest: Manifest | None = chain.manifest
        for run in runs(chain.links, max_records):
            found = _merged(store, run)
            manifest = found and _commit(store, topic, partition, manifest, *found)
            if found is None or manifest is None:
                break
            done += Compaction(len(run), 1, found[0].accepted)
            if progress:
                progress(len(run))
        else:
            return done
    raise Unavailable(f"Others kept changing the chain of {topic}/{partition} meanwhile.", "Run it again.")


def runs(chain: Sequence[Read], max_records: int) -> Iterator[list[Read]]:
    """What is worth being one file each: neighbours of one schema. The last link of a chain and gaps are left alone.

    A file that is half full already is left alone too, so that no record is written again and again.
    """
    run: list[Read] = []
    for link, header in chain[:-1]:
        small = header.gap is None and 2 * header.accepted <= max_records and 2 * len(header.ranges) <= _MAX_PARTS
        if run and not (small and _fits(run, header, max_records)):
            if len(run) > 1:
                yield run
            run = []
        if small:
            run.append((link, header))
    if len(run) > 1:
        yield run


def _fits(run: Sequence[Read], header: Header, max_records: int) -> bool:
    records = sum(other.accepted for _, other in run) + header.accepted
    parts = sum(len(other.ranges) for _, other in run) + len(header.ranges)
    return run[-1][1].schema_id == header.schema_id and records <= max_records and parts <= _MAX_PARTS


def _merged(store: Store, run: Sequence[Read]) -> tuple[Header, bytes] | None:
    """None when a file is gone: others have compacted it."""
    files = []
    for link, _ in run:
        data = store.read(link.key)
        if data is None:
            return None
        bronze.verify(data, link.key)
        files.append(data)
    try:
        header, merged = merge(files)
    except ValueError as error:
        raise MillwrightError(f"{run[0][0].key} and those after it cannot be one file: {error}.", PUT_BACK) from error
    bronze.verify(merged, "the compacted file")
    return header, merged


def _commit(
    store: Store, topic: str, partition: int, manifest: Manifest | None, header: Header, data: bytes
) -> Manifest | None:
    """The manifest with the range in one file; None when another has committed since `manifest`."""
    assert manifest is not None
    key = compacted_key(topic, partition, header.first_offset, uuid.uuid4().hex)
    at = datetime.now(UTC).isoformat(timespec="seconds")
    new = manifest.with_compacted(Compacted(header.first_offset, header.next_offset, key, at))
    failpoint("compact.before_write")
    store.create(key, data, "compact")
    failpoint("compact.before_commit")
    if not commit_manifest(store, topic, partition, new, "compact_commit"):
        store.remove(key)
        return None
    failpoint("compact.after_commit")
    return new
