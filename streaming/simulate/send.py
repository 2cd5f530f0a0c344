"""Sending a plant's records, and the summary of what was sent."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from millwright.contracts import contract
from millwright.publisher import Publisher
from streaming.simulate.faults import Message, Tally
from streaming.simulate.records import STREAMS, Chunk


def send(title: str, items: Iterable[Chunk | Message], publisher: Publisher, expected: int | None) -> None:
    """Send records and messages in their order, with a progress bar; returns when all are acknowledged.

    `expected` is about how many messages there are, None when nobody knows.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"))
    with Progress(*columns, TimeElapsedColumn(), console=Console(stderr=True)) as progress:
        task, before, begun = (
            progress.add_task(title, total=expected, rate=""),
            publisher.sent.total(),
            time.monotonic(),
        )
        for item in items:
            if isinstance(item, Message):
                publisher.send_raw(contract(item.stream).topic, item.key, item.value, item.timestamp_ms)
            else:
                publisher.send(*item)
            _show(progress, task, publisher.sent.total() - before, begun)
        publisher.flush()
        done = publisher.sent.total() - before
        _show(progress, task, done, begun)
        progress.update(task, total=done)


def _show(progress: Progress, task: TaskID, done: int, begun: float) -> None:
    rate = done / max(time.monotonic() - begun, 1e-6)
    progress.update(task, completed=done, rate=f"{rate:,.0f}/s")


def summary(tally: Tally, sent: Counter[str], seconds: float) -> dict[str, Any]:
    """Counts by stream: messages sent in all, distinct good records, and what faults did."""
    faults = {name: dict(counts) for name, counts in tally.faults.items()}
    extra = {name: faults.pop(name, {}) for name in ("corrupt", "future")}
    other = {name: faults.get(name, {}) for name in ("duplicates", "late", "out_of_order", "nulls", "clock_skew")}
    return {
        "sent": {stream: sent[contract(stream).topic] for stream in STREAMS},
        "good": {stream: tally.good[stream] for stream in STREAMS},
        "extra": extra,
        **other,
        "seconds": round(seconds, 3),
    }


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file of indented JSON, its folder too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=1))
