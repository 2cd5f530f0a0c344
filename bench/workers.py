"""Our own sink under measurement: real processes that land a topic in a lake of their own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from bench.contender import Result
from bench.watched import Watched
from millwright.errors import MillwrightError
from millwright.lake import chain_end
from millwright.store import FileStore

_POLL_SECONDS = 0.2
_ROLL_SECONDS = 1.0  # what is left at the end waits for its age, not for more records
_STALL_SECONDS = 60.0
_COMMAND = [sys.executable, "-P", "-m", "millwright", "sink"]


def land(topic: str, ends: dict[int, int], workers: int, folder: Path, corrupt: int = 0) -> Result:
    """Start so many workers, wait until each partition's chain reaches its end (partition → offset), stop them.

    The clock starts when the first worker has its place in the chain, just before its first fetch (the lake's genesis
    markers are written then), and stops at the last publication. Raises MillwrightError when not all records landed,
    or others than the `corrupt` ones were rejected: then there is no rate.
    """
    name = f"millwright, {workers} worker{'s'[: workers > 1]}"
    lake = folder / f"lake-{workers}"
    env = {
        "MILLWRIGHT_LAKE_URL": f"file://{lake}",
        "MILLWRIGHT_SINK_GROUP": f"bench-{workers}-{time.time_ns()}",
        "MILLWRIGHT_SINK_ROLL_SECONDS": str(_ROLL_SECONDS),
    }
    with Watched([[*_COMMAND, "run", "--topic", topic]] * workers, env, folder / f"sink-{workers}.log") as run:
        _await(FileStore(lake), topic, ends, run)
    try:
        _check(topic, sum(ends.values()), corrupt, env)
        return Result(name, sum(ends.values()), _seconds(lake), run.cpu_seconds, run.peak_rss_mb)
    finally:
        shutil.rmtree(lake, ignore_errors=True)


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


def _seconds(lake: Path) -> float:
    """From the first genesis marker to the last bronze file's link, as the file system noted them."""
    began = min(path.stat().st_mtime for path in lake.glob("bronze/*/p=*/genesis.json"))
    return max(path.stat().st_ctime for path in lake.glob("bronze/*/p=*/date=*/*.avro")) - began


def _check(topic: str, records: int, corrupt: int, env: dict[str, str]) -> None:
    asked = subprocess.run(
        [*_COMMAND, "outcomes", "--topic", topic, "--json"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise MillwrightError(f"The lake could not be counted: {asked.stderr.strip()}")
    found = json.loads(asked.stdout.splitlines()[-1])[topic]
    rejected = sum(found["quarantined"].values())
    if (found["consumed"], rejected) != (records, corrupt):
        raise MillwrightError(
            f"Of {records:,} records, {corrupt:,} of them corrupt, {found['accepted']:,} were accepted and "
            f"{rejected:,} quarantined."
        )
