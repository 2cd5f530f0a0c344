"""Our own sink under measurement: real processes that land a topic in a lake of their own."""

from __future__ import annotations

import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from bench.contender import Result
from bench.intake import buffered, look_again_in, pages
from bench.slices import Slice, slices
from bench.watched import Watched
from infra.local.temporary import free_ports
from millwright.errors import MillwrightError
from millwright.lake import chain_end, header_of, links
from millwright.lake.layout import genesis_key
from millwright.store import FileStore

_STALL_SECONDS = 60.0
_COMMAND = [sys.executable, "-P", "-m", "millwright", "sink", "run"]


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
    """Start so many workers, stop them when they have read each partition to its end (partition → offset).

    What they hold then is published before they end, as always. The clock starts when the first worker has its place
    in the chain, just before its first fetch (the lake's genesis markers are written then), and stops at the last
    publication. Raises MillwrightError when not all records landed, or others than the `corrupt` ones were rejected:
    then there is no rate.
    """
    name = f"millwright, {workers} worker{'s'[: workers > 1]}"
    store = FileStore(folder / f"lake-{workers}")
    env = {
        "MILLWRIGHT_LAKE_URL": f"file://{store.root}",
        "MILLWRIGHT_SINK_GROUP": f"bench-{time.time_ns()}",
        "MILLWRIGHT_SINK_METRICS_PORT": str(*free_ports(1)),
    }
    try:
        command = [*_COMMAND, "--topic", topic, "--workers", str(workers)]
        with Watched([command], env, folder / f"sink-{workers}.log") as run:
            _await_intake(store, topic, ends, run)
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


def _await_intake(store: FileStore, topic: str, ends: dict[int, int], run: Watched) -> None:
    """Return when everything has been read, published or not. Raises MillwrightError when it does not go on."""
    begun = moved = time.monotonic()
    last = 0
    while True:
        # The chain before the buffers: what is published in between is counted in neither, never in both.
        landed = {partition: chain_end(store, topic, partition) or 0 for partition in ends}
        held = buffered(pages(run.log.read_text(errors="replace")))
        if all(landed[partition] + held[partition] >= end for partition, end in ends.items()):
            return
        now, read = time.monotonic(), sum(landed.values()) + held.total()
        if not read:
            begun = now
        if read != last:
            moved, last = now, read
        if run.ended() is not None:
            raise MillwrightError(f"A worker of the sink ended: {run.last_words()}")
        if now - moved > _STALL_SECONDS:
            raise MillwrightError(f"The sink stands still, {read:,} records read: {run.last_words()}")
        time.sleep(look_again_in(sum(ends.values()) - read, read, now - begun))


def _published(store: FileStore, topic: str, partition: int) -> list[_File]:
    found = []
    for link in links(store, topic, partition):
        header, at = header_of(store, link), Path(store.path(link.key)).stat().st_ctime  # set by the link to its name
        rejected = sum(header.rejected.values())
        found.append(_File(at, header.accepted + rejected, rejected))
    return found
