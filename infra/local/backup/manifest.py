"""A backup's manifest: what is in it, with checksums, and what it was taken of."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from millwright.errors import MillwrightError

NAME, FORMAT = "manifest.json", 1


@dataclass(frozen=True)
class Kept:
    """A file of the backup."""

    file: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """`tables`: schema.table → rows and digest, as in the snapshot; `watermarks`: table → silver's version, id."""

    made_at: str
    millwright: str
    revision: str
    lake: str
    databases: dict[str, Kept]
    folders: dict[str, Kept]
    secrets: Kept | None
    tables: dict[str, list[object]]
    watermarks: dict[str, list[object]]
    format: int = FORMAT


def kept(folder: Path, file: str) -> Kept:
    """A file as it is now."""
    path, digest = folder / file, hashlib.sha256()
    with path.open("rb") as data:
        while block := data.read(1 << 20):
            digest.update(block)
    return Kept(file, path.stat().st_size, digest.hexdigest())


def write(folder: Path, manifest: Manifest) -> None:
    """Write it, durably."""
    with (folder / NAME).open("w") as file:
        json.dump(asdict(manifest), file, indent=2)
        file.flush()
        os.fsync(file.fileno())


def read(folder: Path) -> Manifest:
    """The manifest of a whole backup: every file is there and is what was written.

    Raises MillwrightError naming the file that is missing or damaged, or the folder that is no backup.
    """
    another = "Name a folder that `millwright backup` has made, or take an older one."
    try:
        said = json.loads((folder / NAME).read_text())
    except FileNotFoundError:
        raise MillwrightError(f"{folder} is no backup, or one that was cut short: it has no {NAME}.", another) from None
    except ValueError:
        raise MillwrightError(f"{folder / NAME} is damaged: it is not JSON.", another) from None
    if said.get("format") != FORMAT:
        problem = f"{folder} is a backup of format {said.get('format')}; this Millwright reads {FORMAT}."
        raise MillwrightError(problem, "Restore it with the Millwright that made it.")
    for part in ("databases", "folders"):
        said[part] = {name: Kept(**about) for name, about in said[part].items()}
    said["secrets"] = Kept(**said["secrets"]) if said["secrets"] else None
    found = Manifest(**said)
    for each in (*found.databases.values(), *found.folders.values(), *([found.secrets] if found.secrets else [])):
        if not (folder / each.file).is_file():
            raise MillwrightError(f"The backup {folder} lacks {each.file}.", another)
        if kept(folder, each.file) != each:
            raise MillwrightError(f"{folder / each.file} is damaged: its checksum differs.", another)
    return found
