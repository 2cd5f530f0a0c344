"""Room on the disks that hold the state folder and the lake's folder, as this process sees them."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from infra.monitoring.exporter.source import Measure, Sample, Source
from millwright.settings import settings

FREE = Measure("millwright_disk_free_bytes", "Room left on the folder's disk.", ("folder",))
SIZE = Measure("millwright_disk_size_bytes", "Size of the folder's disk.", ("folder",))


def folders() -> dict[str, Path]:
    """Folders by name; a lake in an object store has none."""
    found = {"state": settings().state_dir}
    if settings().lake.startswith("file://"):
        found["lake"] = Path(settings().lake.removeprefix("file://"))
    return found


def look() -> Iterable[Sample]:
    """Of a folder that is not there yet, the disk of the nearest one above it that is."""
    for name, folder in folders().items():
        there = next(each for each in (folder.absolute(), *folder.absolute().parents) if each.exists())
        usage = shutil.disk_usage(there)
        yield FREE, (name,), usage.free
        yield SIZE, (name,), usage.total


DISK = Source("disk", (FREE, SIZE), look)
