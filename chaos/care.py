"""Lake care beside the workers: the command line's compaction and retention, and a copy of what retention drops."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from chaos.plan import EXPIRE_SECONDS
from millwright.lake import BronzeFile, list_bronze, partitions, read_manifest
from millwright.lake.layout import published, start_of
from millwright.store import FileStore, lake_store

_ARCHIVE = ".archive"  # on the lake's own file system, so that a copy is a link
_DAY_SECONDS = 86_400.0


def commands(topic: str, how: str) -> list[list[str]]:
    """`millwright lake compact` or `lake expire`, and the sweep that frees the names of what they replaced at once."""
    age = ["--older-than", str(EXPIRE_SECONDS / _DAY_SECONDS), "--even-unread"] if how == "expire" else []
    first, then = [how, *age, "--keep-minutes", "0"], ["sweep", "--keep-minutes", "0"]
    return [[sys.executable, "-m", "millwright", "lake", *arguments, "--stream", topic] for arguments in (first, then)]


def start(command: list[str]) -> subprocess.Popen[bytes]:
    """Start it; what it complains of can be read."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def taken_anew(topic: str) -> int:
    """Published files that the manifests cover: names that were set free and taken by a worker that woke up."""
    store = lake_store()
    manifests = {partition: read_manifest(store, topic, partition) for partition in partitions(store, topic)}
    return sum(
        manifest.covers(start_of(key))
        for partition, manifest in manifests.items()
        for key in published(store, topic, partition)
    )


@dataclass
class Archive:
    """What retention has dropped of a topic: the files, and the stores that hold copies of them."""

    topic: str
    lake: Path
    dropped: list[tuple[FileStore, BronzeFile]] = field(default_factory=list)
    _floors: dict[int, int] = field(default_factory=dict)  # up to which offset `dropped` has all

    def may_expire(self) -> bool:
        """Whether all partitions are so far that nothing can land now and be dropped at once, unseen by us."""
        ends = {file.partition: file.append_max or 0 for file in list_bronze(self.topic)}
        return bool(ends) and min(ends.values()) / 1000 > time.time() - EXPIRE_SECONDS / 2

    def copy(self) -> tuple[FileStore, list[BronzeFile]]:
        """All that the topic's chain consists of now, linked to another place."""
        files = list_bronze(self.topic)
        store = FileStore(self.lake / _ARCHIVE / str(time.monotonic_ns()))
        for key in [key for file in files for key in (file.key, *(each.key for each in file.quarantined))]:
            (store.root / key).parent.mkdir(parents=True, exist_ok=True)
            os.link(self.lake / key, store.root / key)
        return store, files

    def drop(self, copied: tuple[FileStore, list[BronzeFile]]) -> list[str]:
        """Keep what of a copy has been dropped since it was made; what was dropped and is not in it, as sentences."""
        faults, (store, files) = [], copied
        ends = {file.partition: file.next_offset for file in files}
        for partition, end in ends.items():
            floor = read_manifest(lake_store(), self.topic, partition).floor
            if floor is None:
                continue
            if floor > end:
                faults.append(f"retention dropped records of partition {partition} that had just landed")
            low, self._floors[partition] = self._floors.get(partition, 0), floor
            own = [file for file in files if file.partition == partition]
            self.dropped += [(store, file) for file in own if low <= file.first_offset < floor]
        return faults
