"""Shows how far each part has come: a table that redraws on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import threading
import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table

_ENDED = {"ready": "[green]✓[/]", "external": "[cyan]↗[/]", "stopped": "[green]✓[/]"}
_NAMED = {"ready": "ready", "external": "somebody else's, answers", "stopped": "stopped", "waiting": "waits"}


class Progress:
    """A context manager; `report(name, state)` may be called by any thread."""

    def __init__(self, doing: str) -> None:
        self._doing = doing
        self._console = Console(highlight=False)
        self._begun = time.monotonic()
        self._since: dict[str, float] = {}
        self._rows: dict[str, tuple[str, float]] = {}  # name -> (state, seconds taken)
        self._lock = threading.Lock()
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=8, transient=False)

    def __enter__(self) -> Progress:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()
        if kind is None:
            self._console.print(f"{self._doing} took {time.monotonic() - self._begun:.1f} s.")

    def report(self, name: str, state: str) -> None:
        """Note that a part has come to a state."""
        now = time.monotonic()
        with self._lock:
            if state not in _ENDED and state != "waiting":
                self._since[name] = now
            taken = now - self._since.get(name, now)
            self._rows[name] = (state, taken)
        if not self._console.is_terminal and state in _ENDED:
            self._console.print(f"{_ENDED[state]} {name:<22} {_NAMED[state]} after {taken:.1f} s")

    def _table(self) -> Table:
        table = Table.grid(padding=(0, 1))
        now = time.monotonic()
        with self._lock:
            for name, (state, taken) in self._rows.items():
                if state in _ENDED:
                    table.add_row(_ENDED[state], name, _NAMED[state], f"{taken:.1f} s")
                elif state == "waiting":
                    table.add_row("[dim]·[/]", f"[dim]{name}[/]", "[dim]waits[/]", "")
                else:
                    table.add_row(self._spinner, name, f"{state} ...", f"{now - self._since[name]:.0f} s")
        return table
