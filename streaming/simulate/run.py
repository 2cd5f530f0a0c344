"""One run of the simulator: build the plant, tell its truth, send its history, go on live."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.publisher import Publisher
from millwright.registry import Registry
from streaming.as_service import asked_to_stop
from streaming.simulate.faults import Faults, Message, Tally, disturbed
from streaming.simulate.live import live
from streaming.simulate.plant import plant
from streaming.simulate.records import STREAMS, Chunk, history
from streaming.simulate.send import send, summary, write_json
from streaming.simulate.truth import truth

OTHERS_A_DAY = 70  # records of a machine other than readings, about: only the progress bar's length hangs on it
MAX_GAP = timedelta(days=30)


@dataclass(frozen=True)
class Run:
    """What the command line asked for. `live_seconds` 0: no live part; `rate` is in readings a second."""

    machines: int
    days: int
    interval: timedelta
    seed: int
    end: datetime
    history: bool
    live_seconds: float
    rate: float
    faults: Faults


def run(wanted: Run, truth_file: Path | None, summary_file: Path | None) -> None:
    """Send what was asked for.

    Raises MillwrightError when the history would end in the future or live begin too long after it, and as
    Publisher does.
    """
    begun, now = time.monotonic(), datetime.now(UTC)
    if wanted.end > now:
        raise MillwrightError(f"The history would end in the future: {wanted.end:%Y-%m-%d %H:%M} UTC.", "Set --end.")
    if wanted.live_seconds and now - wanted.end > MAX_GAP:
        raise MillwrightError(
            f"The live plant would begin {(now - wanted.end).days} days after the end of its history.",
            f"Set an --end within the last {MAX_GAP.days} days.",
        )
    until = now + timedelta(seconds=wanted.live_seconds)
    built = plant(wanted.machines, wanted.days, wanted.seed, wanted.end, until)
    if truth_file:
        write_json(truth_file, truth(built))
    tally, sent = Tally(), Counter[str]()
    # Asked twice: the broker may be away, and the user has waited enough.
    with asked_to_stop(interrupt_at_second=True) as stop:
        if wanted.history or wanted.live_seconds:
            with Publisher() as publisher:
                registry = Registry()
                ids = {stream: registry.register(contract(stream)) for stream in STREAMS}
                disturb: dict[str, Any] = {"seed": wanted.seed, "schema_ids": ids, "tally": tally}
                if wanted.history:
                    records = disturbed(history(built, wanted.interval), wanted.faults, now=now, **disturb)
                    readings = timedelta(days=1) // wanted.interval
                    expected = wanted.machines * wanted.days * (readings + OTHERS_A_DAY)
                    send("History", _until(stop, records), publisher, expected)
                if wanted.live_seconds and not stop.is_set():
                    records = live(built, wanted.rate, wanted.live_seconds, stop.wait)
                    send("Live", disturbed(records, wanted.faults, now=until, **disturb), publisher, None)
                sent = publisher.sent
    what = summary(tally, sent, time.monotonic() - begun)
    if summary_file:
        write_json(summary_file, what)
    _report(what)


def _until(stop: threading.Event, items: Iterator[Chunk | Message]) -> Iterator[Chunk | Message]:
    for item in items:
        if stop.is_set():
            return
        yield item


def _report(what: dict[str, Any]) -> None:
    table = Table("stream", "sent", "distinct", "repeated", "broken", "from the future", "late")
    counts = (what["sent"], what["good"], what["duplicates"], what["extra"]["corrupt"], what["extra"]["future"])
    for stream in STREAMS:
        if what["sent"][stream]:
            table.add_row(stream, *(f"{n.get(stream, 0):,}" for n in (*counts, what["late"])))
    Console().print(table)
