"""What demos have sent to this stack, so that a history is sent once and the counts can be held against it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Ledger:
    """A JSON file: entries by what was sent, each with `sent` (messages by stream).

    A sending that was interrupted has put an unknown part of its messages on the topics; from then on `sent` is None.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        kept = json.loads(path.read_text()) if path.exists() else {}
        self.entries: dict[str, dict[str, Any]] = kept.get("entries", {})
        self._plans: dict[str, str] = kept.get("plans", {})
        self._under_way: bool = kept.get("under_way", False)
        self._interrupted: bool = kept.get("interrupted", False)

    def plan(self, name: str, plan: str) -> str:
        """The plan under which this was begun first; the given one is kept if it is new."""
        kept = self._plans.setdefault(name, plan)
        self._write()
        return kept

    def record(self, name: str, send: Callable[[], dict[str, Any]]) -> None:
        """Send, and keep what `send` says of it."""
        self._interrupted = self._interrupted or self._under_way
        self._under_way = True
        self._write()
        self.entries[name] = send()
        self._under_way = False
        self._write()

    def sent(self) -> dict[str, int] | None:
        """Messages by stream of all entries; None when a sending was interrupted."""
        if self._interrupted or self._under_way:
            return None
        return dict(sum((Counter(entry["sent"]) for entry in self.entries.values()), Counter()))

    def _write(self) -> None:
        beside = self._path.with_suffix(".new")
        whole = {
            "entries": self.entries,
            "plans": self._plans,
            "under_way": self._under_way,
            "interrupted": self._interrupted,
        }
        beside.write_text(json.dumps(whole, indent=2))
        beside.replace(self._path)
