"""The progress of a run: a bar on a terminal, a line now and then elsewhere. On stderr, for stdout is the result's."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

_LINE_SECONDS = 15.0


class Progress:
    """A context manager; `step` tells what is being done now."""

    def __init__(self, unit: str) -> None:
        console = Console(stderr=True, highlight=False)
        counted = (BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn())
        self._bar = Bar(*counted, TextColumn("{task.description}"), console=console, disable=not console.is_terminal)
        self._task = self._bar.add_task("", total=None)
        self._console, self._said = console, 0.0

    def step(self, doing: str, done: int | None = None, total: int | None = None, sent: int | None = None) -> None:
        """What is done now, how far the whole has come, and the records sent by now."""
        text = doing + (f" · {sent:,} records sent" if sent is not None else "")
        self._bar.update(self._task, description=text, completed=done, total=total)
        now = time.monotonic()
        if not self._console.is_terminal and (done is None or now - self._said > _LINE_SECONDS):
            self._said = now
            self._console.print((f"{done}/{total} " if done is not None else "") + text)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()
