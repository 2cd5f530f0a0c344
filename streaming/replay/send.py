"""Sends mapped rows to their topics, counts them, and shows how far it is."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from millwright.contracts import contract
from millwright.publisher import Publisher
from streaming.replay.apply import BadRow, Mapped, refuse

_SHOWN = 10  # bad rows that are listed; all are counted


@dataclass
class Sent:
    """What was sent: records by stream, of them the different ones, rows left out, seconds."""

    sent: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)
    left_out: int = 0
    first_left_out: list[BadRow] = field(default_factory=list)
    seconds: float = 0.0

    def as_dict(self) -> dict[str, Any]:
        return {
            "sent": dict(self.sent),
            "good": dict(self.good),
            "left_out": self.left_out,
            "seconds": round(self.seconds, 3),
        }


def send(pieces: Iterable[Mapped], name: str, total: int | None = None, skip_bad_rows: bool = False) -> Sent:
    """Publish all pieces and wait until the broker has them; `total` rows, where known, gives the bar its length.

    Raises MillwrightError at the first bad row unless they are to be skipped; what came before it has been sent.
    """
    done, seen = Sent(), _Distinct()
    begun = time.monotonic()
    with _progress() as progress, Publisher() as publisher:
        task = progress.add_task(name, total=total)
        for piece in pieces:
            if piece.bad and not skip_bad_rows:
                publisher.flush()
                raise refuse(piece.bad[0], name)
            if piece.table.num_rows:
                publisher.send(piece.stream, piece.table)
            done.sent[piece.stream] += piece.table.num_rows
            done.good[piece.stream] += seen.count(piece)
            done.left_out += len(piece.bad)
            done.first_left_out += piece.bad[: _SHOWN - len(done.first_left_out)]
            progress.advance(task, piece.table.num_rows + len(piece.bad))
        publisher.flush()
    done.seconds = time.monotonic() - begun
    return done


def report(done: Sent, summary: Path | None = None) -> None:
    """Say what was sent and what was left out; write it to `summary` as JSON where one is named."""
    console = Console(highlight=False)
    table = Table("stream", "sent", "different")
    for stream, count in sorted(done.sent.items()):
        table.add_row(stream, f"{count:,}", f"{done.good[stream]:,}")
    console.print(table)
    console.print(f"{sum(done.sent.values()):,} records in {done.seconds:.1f} s.")
    if done.left_out:
        console.print(f"[bold yellow]{done.left_out:,} rows were left out:[/]")
        for bad in done.first_left_out:
            console.print(f"  {bad}", soft_wrap=True, markup=False)
        if done.left_out > len(done.first_left_out):
            console.print(f"  and {done.left_out - len(done.first_left_out):,} more")
    if summary is not None:
        summary.write_text(json.dumps(done.as_dict(), indent=1))


class _Distinct:
    """Counts the records that differ in what their contract says makes two the same; 8 bytes kept for each."""

    def __init__(self) -> None:
        self._seen: dict[str, set[int]] = {}

    def count(self, piece: Mapped) -> int:
        columns = [piece.table.column(name).cast("string").to_pylist() for name in contract(piece.stream).unique]
        seen = self._seen.setdefault(piece.stream, set())
        before = len(seen)
        seen.update(map(hash, zip(*columns, strict=True)))
        return len(seen) - before


class _Rate(ProgressColumn):
    def render(self, task: Any) -> Text:
        return Text(f"{task.finished_speed or task.speed or 0:,.0f} rows/s")


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed:,}"))
    return Progress(*columns, _Rate(), TimeElapsedColumn(), console=Console(stderr=True))
