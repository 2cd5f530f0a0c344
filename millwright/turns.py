"""Work that two processes of this machine must not do at once: the second waits for its turn."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from millwright.settings import settings


@contextmanager
def one_at_a_time(work: str) -> Iterator[int]:
    """Holds a lock, its file descriptor given, that ends with the last process that has it."""
    folder = settings().state_dir.absolute() / "turns"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{work}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()
