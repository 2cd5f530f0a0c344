"""Has the machine room to go on: disk and memory?"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil

from millwright.doctor import Check, Finding
from millwright.settings import settings

_DISK_SHARE, _DISK_GB = 0.05, 2.0  # Postgres stops when its write-ahead log finds no room: 4 GB at most, mostly 1
_MEMORY_GB = 0.5  # the embedded stack takes 3 GB; a training run asks for about this on top


def disk() -> Iterator[Finding]:
    """Room where the state and the lake lie."""
    config = settings()
    folders = {config.state_dir.absolute()}
    if config.lake.startswith("file://"):
        folders.add(Path(config.lake.removeprefix("file://")))
    seen: set[int] = set()
    for folder in sorted(folders):
        while not folder.exists():
            folder = folder.parent
        if (device := folder.stat().st_dev) not in seen:
            seen.add(device)
            about = psutil.disk_usage(str(folder))
            yield from disk_of(folder, about.free, about.total)


def disk_of(folder: Path, free: int, total: int) -> Iterator[Finding]:
    """A disk's room in bytes, judged: 5 % and 2 GB have to be free."""
    if free < max(_DISK_GB * 1e9, _DISK_SHARE * total):
        problem = f"Of the disk of {folder} {free / 1e9:,.1f} GB are free, {free / total:.0%}."
        remedy = "Make room: expire what is not needed (docs/retention.md), or move the state to a larger disk."
        yield Finding(problem, remedy, "millwright lake expire --help; millwright warehouse ls")


def memory() -> Iterator[Finding]:
    """Memory that is free or can be."""
    about = psutil.virtual_memory()
    yield from memory_of(about.available, about.total)


def memory_of(available: int, total: int) -> Iterator[Finding]:
    """A machine's memory in bytes, judged: half a gigabyte has to be available."""
    if available < _MEMORY_GB * 1e9:
        problem = f"Of {total / 1e9:,.1f} GB of memory {available / 1e9:,.2f} GB are available."
        yield Finding(problem, "Stop what is not needed; `status` shows what each part takes.", "millwright status")


CHECKS = [
    Check("disk", "room for state and lake", disk),
    Check("memory", "room for a run", memory),
]
