"""The log of a run: what was done and what was seen, with the seconds since it began."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Events:
    """Lines by time; `counts` by what happened (`killed`, `stopped`, `broker away` …); `faults` in the sink's conduct.

    May be used by any thread.
    """

    lines: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    _begun: float = field(default_factory=time.monotonic)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, text: str, count: str = "") -> None:
        """Write a line, and count it under a name if one is given."""
        with self._lock:
            self.lines.append(f"{time.monotonic() - self._begun:8.2f} {text}")
            if count:
                self.counts[count] += 1

    def blame(self, text: str) -> None:
        """Write down something that a sink must not do."""
        self.note(f"FAULT {text}")
        self.faults.append(text)

    def text(self, seed: int) -> str:
        """The lines, below the seed that gives the plan again."""
        return "\n".join([f"seed {seed}", *self.lines]) + "\n"
