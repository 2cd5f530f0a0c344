"""The end of a log, and what is added to it."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path


def tail(path: Path, lines: int, follow: bool = False) -> Iterator[str]:
    """The last `lines` lines of a text file, then, when following, each as it is added; a file put aside is left."""
    file = path.open(errors="replace")
    try:
        for line in deque(file, maxlen=lines):
            yield line.rstrip("\n")
        while follow:
            if added := file.readline():
                yield added.rstrip("\n")
            elif path.exists() and path.stat().st_ino != os.fstat(file.fileno()).st_ino:
                file.close()
                file = path.open(errors="replace")
            else:
                time.sleep(0.2)
    finally:
        file.close()
