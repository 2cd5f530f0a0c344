"""Folders of the state folder: into a backup as a tar file, and back beside what is there."""

from __future__ import annotations

import os
import shutil
import tarfile
from pathlib import Path

from infra.local.backup import manifest
from infra.local.backup.manifest import Kept


def pack(source: Path, folder: Path, file: str) -> Kept:
    """A folder as a tar file. What is replaced or goes meanwhile is in it as it was, or not."""
    with tarfile.open(folder / file, "w") as tar:
        for path in sorted(source.rglob("*")):
            if path.is_file() and path.suffix != ".new":
                try:
                    tar.add(path, arcname=str(path.relative_to(source)), recursive=False)
                except FileNotFoundError:
                    continue
    return manifest.kept(folder, file)


def unpack_beside(packed: Path, folder: Path) -> None:
    """A tar file's content into a folder beside the one that it will replace."""
    beside = folder.with_name(f"{folder.name}.restored")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    with tarfile.open(packed) as tar:
        tar.extractall(beside, filter="data")


def exchange(folder: Path) -> None:
    """What was unpacked beside a folder takes its name."""
    shutil.rmtree(folder, ignore_errors=True)
    os.rename(folder.with_name(f"{folder.name}.restored"), folder)
