"""Our own sink under measurement: real processes that land a topic in a lake of their own."""

from __future__ import annotations

import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.contender import Result
from bench.watched import Watched
from millwright.errors import MillwrightError
from millwright.lake import chain_end, header_of, links
from millwright.lake.layout import genesis_key
from millwright.store import FileStore

_POLL_SECONDS = 0.2
_STALL_SECONDS = 60.0
_ROLL_SECONDS = 0.25  # what is left at the end waits for its age, not for more records; costs no processor time
_COMMAND = [sys.executable, "-P", "-m", "millwright", "sink", "run"]
_SLICES = 10


@dataclass(frozen=True)
class Slice:
    """A tenth of a run: how fast it landed, and the memory held at its end in MiB."""

    records_per_second: float
    rss_mb: float


@dataclass(frozen=True)
class Landed:
    """What a run of the sink did."""

    result: Result
    quarantined: int
    slices: list[Slice]


@dataclass(frozen=True)
class _File:
    at: float  # seconds since 1970 at which it was published
    records: int
    rejected: int


def land(topic: str, ends: dict[int, int], workers: int, folder: Path, corrupt: int = 0) -> Landed:
    """Start so many workers, wait until each partition's chain reaches its end (partition → offset), stop them.

    The clock starts when the first worker has its place in the chain, just before its first fetch (the lake's genesis
    markers are written then), and stops at the last publication. Raises MillwrightError when not all records landed,
    or others than the `corrupt` ones were rejected: then there is no rate.
    """
    name = f"millwright, {workers} worker{'s'[: workers > 1]}"
    store = FileStore(folder / f"lake-{workers}")
    env = {
        "MILLWRIGHT_LAKE_URL": f"file://{store.root}",
        "MILLWRIGHT_SINK_GROUP": f"bench-{time.time_ns()}",
        "MILLWRIGHT_SINK_ROLL_SECONDS": str(_ROLL_SECONDS),
    }
    try:
        command = [*_COMMAND, "--topic", topic, "--workers", str(workers)]
        with Watched([command], env, folder / f"sink-{workers}.log") as run:
            _await(store, topic, ends, run)
        files = sorted(
            (file for partition in ends for file in _published(store, topic, partition)), key=lambda file: file.at
        )
        landed, rejected = sum(file.records for file in files), sum(file.rejected for file in files)
        if (landed, rejected) != (sum(ends.values()), corrupt):
            raise MillwrightError(
                f"Of {sum(ends.values()):,} records, {corrupt:,} of them corrupt, {landed:,} landed and {rejected:,} "
                "were quarantined."
            )
        begun = min(Path(store.path(genesis_key(topic, partition))).stat().st_mtime for partition in ends)
        result = Result(name, landed, files[-1].at - begun, run.cpu_seconds, run.peak_rss_mb)
        return Landed(result, rejected, slices(begun, [(file.at, file.records) for file in files], run.memory))
    finally:
        shutil.rmtree(store.root, ignore_errors=True)


def slices(begun: float, files: list[tuple[float, int]], memory: list[tuple[float, float]]) -> list[Slice]:
    """Tenths of the time from `begun` to the last file; files are (when, records), memory is (when, MiB)."""
    step = (files[-1][0] - begun) / _SLICES
    landed: Counter[int] = Counter()
    for at, records in files:
        landed[min(int((at - begun) / step), _SLICES - 1)] += records
    held = [[mb for at, mb in memory if at <= begun + step * (number + 1)] for number in range(_SLICES)]
    return [Slice(landed[number] / step, held[number][-1] if held[number] else 0.0) for number in range(_SLICES)]


def _await(store: FileStore, topic: str, ends: dict[int, int], run: Watched) -> None:
    reached, moved = dict.fromkeys(ends, 0), time.monotonic()
    while True:
        now = {partition: chain_end(store, topic, partition) or 0 for partition in ends}
        if now == ends:
            return
        if now != reached:
            reached, moved = now, time.monotonic()
        if run.ended() is not None:
            raise MillwrightError(f"A worker of the sink ended: {run.last_words()}")
        if time.monotonic() - moved > _STALL_SECONDS:
            landed, wanted = sum(reached.values()), sum(ends.values())
            raise MillwrightError(f"The sink stands still at {landed:,} of {wanted:,} records: {run.last_words()}")
        time.sleep(_POLL_SECONDS)


def _published(store: FileStore, topic: str, partition: int) -> list[_File]:
    found = []
    for link in links(store, topic, partition):
        header, at = header_of(store, link), Path(store.path(link.key)).stat().st_ctime  # set by the link to its name
        rejected = sum(header.rejected.values())
        found.append(_File(at, header.accepted + rejected, rejected))
    return found
