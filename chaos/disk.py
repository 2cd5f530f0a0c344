"""A disk for the lake that can be filled: a small file system in memory, or a limit on what workers may write."""

from __future__ import annotations

import ctypes
import os
import resource
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import psutil

_BYTES = 512 * 1024 * 1024
_FILLER = ".filler"
_DETACH = 2  # MNT_DETACH: whoever still reads there does not hold it


class Disk(Protocol):
    """Where the lake lies. `kind` says how it is filled."""

    kind: str

    def fill(self) -> None:
        """Let no worker write any more."""

    def free(self) -> None:
        """Let them write again."""


class SmallDisk:
    """A file system of 512 MB, really full when it is filled. Only root can mount it."""

    kind = "a full file system (tmpfs)"

    def __init__(self, folder: Path) -> None:
        self._filler = folder / _FILLER

    def fill(self) -> None:
        with self._filler.open("wb") as file:
            while True:
                room = os.statvfs(self._filler.parent)
                if not room.f_bavail:
                    return
                with suppress(OSError):  # a worker took some of it in the meantime
                    os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), room.f_bavail * room.f_bsize)

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


class LimitedWrites:
    """Running workers may write no byte to any file (RLIMIT_FSIZE): a full disk, as they see it."""

    kind = "a limit on the workers' writes (only root can fill a disk of its own)"

    def __init__(self, workers: Callable[[], Iterable[int]]) -> None:
        self._workers = workers
        self._limited: list[tuple[psutil.Process, tuple[int, int]]] = []

    def fill(self) -> None:
        for pid in self._workers():
            with suppress(psutil.Error):
                process = psutil.Process(pid)
                before = process.rlimit(resource.RLIMIT_FSIZE)
                process.rlimit(resource.RLIMIT_FSIZE, (0, before[1]))
                self._limited.append((process, before))

    def free(self) -> None:
        for process, before in self._limited:
            with suppress(psutil.Error):
                process.rlimit(resource.RLIMIT_FSIZE, before)
        self._limited.clear()


@contextmanager
def disk(folder: Path, workers: Callable[[], Iterable[int]]) -> Iterator[Disk]:
    """The best disk that can be had for a lake in `folder`, a new folder. `workers` gives pids of those who write."""
    folder.mkdir(parents=True)
    if not _mount(folder):
        yield LimitedWrites(workers)
        return
    try:
        yield SmallDisk(folder)
    finally:
        _libc().umount2(os.fsencode(folder), _DETACH)


def unmount_left_behind(prefix: str) -> None:
    """Unmount what runs that were killed have left. Folders' names begin with `<prefix><pid>-`."""
    for part in psutil.disk_partitions(all=True):
        owner = part.mountpoint.removeprefix(prefix).partition("-")[0]
        if part.mountpoint.startswith(prefix) and owner.isdigit() and not psutil.pid_exists(int(owner)):
            _libc().umount2(os.fsencode(part.mountpoint), _DETACH)


def _mount(folder: Path) -> bool:
    return bool(_libc().mount(b"chaos", os.fsencode(folder), b"tmpfs", 0, b"size=%d,mode=755" % _BYTES) == 0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
