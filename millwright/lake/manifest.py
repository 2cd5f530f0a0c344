"""A partition's manifest: which ranges compaction has put into one file, and below which offset nothing is kept.

Each change is a new version, created under the next number: of two that build on one version the second is refused.
The newest version counts. What it covers is covered by every later one too, so whoever removes what is covered may
have slept for hours before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from millwright.lake.layout import manifest_folder, manifest_key
from millwright.store import Store


@dataclass(frozen=True)
class Compacted:
    """A range of offsets that lies in one compacted file."""

    start: int
    next_offset: int
    key: str
    at: str  # when it was committed, ISO 8601


@dataclass(frozen=True)
class Manifest:
    """One version of it. `floor`: the chain begins there, at the start of a file; None: it has never been raised."""

    version: int = -1  # of a partition that has none
    floor: int | None = None
    compacted: tuple[Compacted, ...] = ()  # in order of offset, none below the floor
    expired: dict[str, int] = field(default_factory=dict)  # records below the floor: "accepted", and reasons
    repaired_floor: int = 0  # files of mended records below this number are dropped

    def covers(self, start: int) -> bool:
        """Whether what was published from this offset has been replaced or dropped."""
        if self.floor is not None and start < self.floor:
            return True
        return any(each.start <= start < each.next_offset for each in self.compacted)

    def with_compacted(self, new: Compacted) -> Manifest:
        """With one more range, which takes the place of those that lie in it."""
        kept = [each for each in self.compacted if not new.start <= each.start < new.next_offset]
        ordered = sorted([*kept, new], key=lambda each: each.start)
        return replace(self, version=self.version + 1, compacted=tuple(ordered))

    def with_floor(self, floor: int, dropped: Mapping[str, int], repaired_floor: int = 0) -> Manifest:
        """With the chain beginning at `floor`, and what was mended at a number; `dropped` counts records by outcome."""
        expired = {name: self.expired.get(name, 0) + dropped.get(name, 0) for name in {**self.expired, **dropped}}
        kept = tuple(each for each in self.compacted if each.start >= floor)
        return Manifest(self.version + 1, floor, kept, expired, max(repaired_floor, self.repaired_floor))

    def renewed(self) -> Manifest:
        """The same once more: whoever builds on an earlier version can no longer commit."""
        return replace(self, version=self.version + 1)


def read_manifest(store: Store, topic: str, partition: int) -> Manifest:
    """The newest version; one that covers nothing where there is none."""
    while names := store.names(manifest_folder(topic, partition)):
        version = int(names[-1].removesuffix(".json"))
        data = store.read(manifest_key(topic, partition, version))
        if data is not None:  # else it was swept since, for there are newer ones
            said = json.loads(data)
            return Manifest(**{**said, "compacted": tuple(Compacted(**each) for each in said["compacted"])})
    return Manifest()


def commit_manifest(store: Store, topic: str, partition: int, manifest: Manifest, step: str) -> bool:
    """Publish a version; False when somebody else has published that one. `step` names the failpoints."""
    return store.create(manifest_key(topic, partition, manifest.version), json.dumps(asdict(manifest)).encode(), step)


def is_replaced(store: Store, topic: str, partition: int, start: int) -> bool:
    """Whether a file that begins at this offset has been replaced or dropped, so that the name is taken though free.

    To be asked after a file was created: a worker that slept meanwhile may have created what no reader looks at.
    """
    return read_manifest(store, topic, partition).covers(start)
