"""`millwright analytics watch`: the newest minutes as they come, read from the topic."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from rich.console import Console
from rich.live import Live
from rich.table import Table

from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError
from millwright.registry import Registry
from millwright.settings import settings
from millwright.topics import broker_unavailable, describe
from streaming.accepted import accepted
from streaming.analytics.newest import Newest
from streaming.analytics.service import MINUTES

_BEFORE = 10_000  # records of each partition that are read at the start
_TIMEOUT_SECONDS = 10.0
_EDGE = 4  # lines of the screen that the table's head and foot take


def watch(machine: str | None, stream: str | None) -> None:
    """Show the newest minutes on the screen, anew each second, until Ctrl-C."""
    console, newest = Console(), Newest()
    with Live(console=console, screen=console.is_terminal, auto_refresh=False) as live:
        for _ in _reading(newest):
            rows = newest.rows(machine, stream)
            live.update(_table(newest, rows, max(1, console.height - _EDGE), _bars(console)), refresh=True)


def once(machine: str | None, stream: str | None, as_json: bool) -> None:
    """Print each channel's newest minute as it is now."""
    newest = Newest()
    next(_reading(newest))
    rows = newest.rows(machine, stream)
    if as_json:
        print(json.dumps([row | {"event_time": row["event_time"].isoformat()} for row in rows], indent=2))
        return
    console = Console()
    console.print(_table(newest, rows, len(rows), _bars(console)))


def check(stream: str | None) -> None:
    """Raises MillwrightError for a stream that has no minutes, naming those that have."""
    names = [each.stream for each in contracts().values() if each.channels]
    if stream is not None and stream not in names:
        raise MillwrightError(f"{stream!r} is no stream with channels.", f"There are: {', '.join(names)}.")


def _reading(newest: Newest) -> Iterator[None]:
    """Read the topic: comes back when all that is there has been taken, and then about once a second.

    Raises Unavailable when the broker or the registry does not answer.
    """
    spec, registry, tolerance = contract(MINUTES), Registry(), settings().future_tolerance_seconds
    if spec.topic not in describe(spec.topic):
        raise MillwrightError(f"Kafka at {settings().kafka} has no topic {spec.topic}.", "`millwright up` makes it.")
    consumer = Consumer(
        {
            "bootstrap.servers": settings().kafka,
            "group.id": "millwright-analytics-watch",  # never used: partitions are assigned by hand
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
            "log_level": 0,
        }
    )
    try:
        behind = _assign(consumer, spec.topic)
        told, heard = 0.0, time.monotonic()
        while True:
            messages = consumer.consume(10_000, 0.2)
            ends = {m.partition() for m in messages if (e := m.error()) and e.code() == KafkaError._PARTITION_EOF}
            behind -= ends
            came = [message for message in messages if message.error() is None]
            newest.take(accepted(spec, came, registry, tolerance).rows)
            heard = time.monotonic() if messages else heard
            if behind and time.monotonic() - heard > _TIMEOUT_SECONDS:
                raise broker_unavailable()
            if not behind and time.monotonic() - told >= 1.0:
                told = time.monotonic()
                yield
    except KafkaException as error:
        raise broker_unavailable(error) from None
    finally:
        consumer.close()


def _assign(consumer: Consumer, topic: str) -> set[int]:
    partitions = set(consumer.list_topics(topic, timeout=_TIMEOUT_SECONDS).topics[topic].partitions)
    places = []
    for partition in partitions:
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), _TIMEOUT_SECONDS)
        places.append(TopicPartition(topic, partition, max(low, high - _BEFORE)))
    consumer.assign(places)
    return partitions


def _bars(console: Console) -> int:
    """Minutes that a line shows: a screen of 80 columns has room for eight."""
    return max(8, min(20, console.width - 72))


def _number(value: float | None) -> str:
    """At most seven characters up to a million."""
    if value is None:
        return ""
    size = abs(value)
    return f"{value:,.0f}" if size >= 1000 else f"{value:.1f}" if size >= 100 else f"{value:.2f}"


def _table(newest: Newest, rows: list[dict[str, Any]], height: int, bars: int) -> Table:
    streams = {row["stream"] for row in rows}
    table = Table(box=None, header_style="bold", padding=(0, 1, 0, 0), caption_justify="left")
    table.add_column("machine", no_wrap=True)
    if len(streams) > 1:
        table.add_column("stream", no_wrap=True)
    for name in ("channel", "minute"):
        table.add_column(name, no_wrap=True)
    for name in ("n", "mean", "min", "max", "last"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("unit", f"{bars} min"):
        table.add_column(name, no_wrap=True)
    shown, before, yesterday = rows[:height], None, datetime.now(UTC) - timedelta(days=1)
    for row in shown:
        unit = contract(row["stream"]).field(row["channel"]).unit
        numbers = (_number(row[name]) for name in ("mean", "minimum", "maximum", "last"))
        mark = f" [yellow]r{row['revision']}[/]" if row["revision"] else ""
        table.add_row(
            "" if row["equipment_id"] == before else f"[bold]{row['equipment_id']}[/]",
            *([row["stream"]] if len(streams) > 1 else []),
            row["channel"],
            f"{row['event_time']:{'%H:%M' if row['event_time'] > yesterday else '%Y-%m-%d %H:%M'}}{mark}",
            *(f"{row['readings']:,}", *numbers),
            unit,
            f"[cyan]{newest.sparkline(row, bars)}[/]",
        )
        before = row["equipment_id"]
    table.caption = _foot(len(rows), len(shown))
    return table


def _foot(there: int, shown: int) -> str:
    if not there:
        return (
            "No minutes yet: each is told some 30 s after its end. Readings that were more than "
            f"{settings().analytics_max_age_hours:g} h old when they were sent make none."
        )
    more = f"{there - shown} more channels do not fit: name a machine with --machine.  " if shown < there else ""
    return f"{more}{datetime.now(UTC):%H:%M:%S} UTC"
