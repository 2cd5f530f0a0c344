"""`millwright lake`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

_STREAM = click.option("--stream", "streams", multiple=True, help="Only this stream or topic; may be given repeatedly.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
_KEEP = click.option(
    "--keep-minutes",
    default=60.0,
    show_default=True,
    help="Files replaced by compaction are removed after this long, for readers may be at them.",
)


@click.group()
def lake() -> None:
    """Look into the lake, prove it whole, and keep it small."""


@lake.command()
@_STREAM
@click.option("--orphans", is_flag=True, help="What no reader looks at, in place of what they do.")
@_JSON
def ls(streams: tuple[str, ...], orphans: bool, as_json: bool) -> None:
    """Files by topic and partition: offsets, records, rejected ones by reason, size, append times."""
    from rich.console import Console
    from rich.table import Table

    from millwright.store import lake_store
    from streaming.lake_care.listing import files, leftovers, topics_of

    store = lake_store()
    topics = topics_of(streams)
    if orphans:
        left = leftovers(store, topics)
        if as_json:
            _print_json(left)
        for kind, keys in {} if as_json else left.items():
            for key in keys:
                click.echo(f"{kind}: {key}")
        return
    found = [each for topic in topics for each in files(store, topic)]
    if as_json:
        _print_json([each.__dict__ for each in found])
        return
    table = Table("topic", "p", "offsets", "accepted", "rejected", "kB", "appended (UTC)", "file")
    for each in found:
        reasons = each.gap or ", ".join(f"{reason} {n:,}" for reason, n in each.rejected.items()) or "0"
        span = f"{(each.append_min or '')[:19]} … {(each.append_max or '')[:19]}" if each.append_min else ""
        offsets = f"{each.first_offset:,} … {each.next_offset - 1:,}"
        kind = "gap" if each.gap else f"{each.parts} in one" if each.parts > 1 else "as published"
        kind = "mended" if each.repaired else kind
        numbers = (f"{each.accepted:,}", reasons, f"{each.bytes / 1000:,.0f}")
        table.add_row(each.topic, str(each.partition), offsets, *numbers, span, kind)
    Console().print(table)


@lake.command()
@click.argument("target")
@click.option("--partition", type=int, help="Only this partition.")
@click.option("--from", "low", type=int, help="The first offset.")
@click.option("--to", "high", type=int, help="The offset to stop before.")
@click.option("--limit", type=int, help="At most so many records.")
def cat(target: str, partition: int | None, low: int | None, high: int | None, limit: int | None) -> None:
    """Records as JSON lines: of a bronze file, or of a stream or topic."""
    import json
    from itertools import islice

    from millwright.store import lake_store
    from streaming.lake_care.listing import records

    for row in islice(records(lake_store(), target, partition, low, high), limit):
        click.echo(json.dumps(row, default=_text))


@lake.command()
@_STREAM
@click.option("--days", type=float, help="Read only files with records of so many days; headers are read all.")
@_JSON
def verify(streams: tuple[str, ...], days: float | None, as_json: bool) -> None:
    """Prove each chain: no gap that is not recorded, no overlap, counts, checksums, quarantine objects."""
    from dataclasses import asdict

    from rich.console import Console
    from rich.table import Table

    from streaming.lake_care import care
    from streaming.lake_care.listing import topics_of

    topics = topics_of(streams)
    found = _with_progress("proving", topics, lambda progress: care.verify(topics, days, progress))
    damages = [damage for each in found for damage in each.damages]
    if as_json:
        _print_json({"ok": not damages, "partitions": [asdict(each) for each in found]})
    else:
        numbers = ("accepted", "quarantined", "repaired", "expired", "files", "proven")
        table = Table("topic", "p", "offsets", *numbers, "gaps", "damages")
        for each in found:
            counts = (f"{getattr(each, name):,}" for name in numbers)
            offsets = f"{each.first_offset or 0:,} … {each.next_offset or 0:,}"
            tail = (str(len(each.gaps)), str(len(each.damages)))
            table.add_row(each.topic, str(each.partition), offsets, *counts, *tail)
        Console().print(table)
        for damage in damages:
            Console().print(
                f"{damage.key}: {damage.what}. {damage.remedy}", soft_wrap=True, highlight=False, markup=False
            )
    care.raise_first(found)


@lake.command()
@_STREAM
@click.option("--max-records", type=int, help="Of one compacted file; MILLWRIGHT_LAKE_COMPACT_RECORDS if not given.")
@_KEEP
@_JSON
def compact(streams: tuple[str, ...], max_records: int | None, keep_minutes: float, as_json: bool) -> None:
    """Put many small files of a partition into few large ones. Safe beside a running sink and readers."""
    from streaming.lake_care import care
    from streaming.lake_care.listing import topics_of

    topics = topics_of(streams)

    def do(progress: Callable[[int], None]) -> Any:
        return care.compact(topics, max_records, keep_minutes, progress)

    _show(_with_progress("compacting", topics, do), as_json)


@lake.command()
@_STREAM
@click.option("--older-than", "days", type=click.FloatRange(min=0), required=True, help="Days since it was appended.")
@click.option("--even-unread", is_flag=True, help="Drop also what silver has not read.")
@_KEEP
@_JSON
def expire(streams: tuple[str, ...], days: float, even_unread: bool, keep_minutes: float, as_json: bool) -> None:
    """Drop bronze files whose records are all older. The last file of a partition stays."""
    from streaming.lake_care import care
    from streaming.lake_care.listing import topics_of

    _show(care.expire(topics_of(streams), days, even_unread, keep_minutes), as_json)


@lake.command()
@_STREAM
@_KEEP
def sweep(streams: tuple[str, ...], keep_minutes: float) -> None:
    """Remove what no reader looks at, such as quarantine objects of a worker that was killed."""
    from streaming.lake_care import care
    from streaming.lake_care.listing import topics_of

    click.echo(f"{care.sweep(topics_of(streams), keep_minutes):,} objects removed.")


def _show(done: dict[str, Any], as_json: bool) -> None:
    """What was done by topic: dataclasses of numbers."""
    from rich.console import Console
    from rich.table import Table

    if as_json:
        _print_json({topic: each.__dict__ for topic, each in done.items()})
        return
    names = list(next(iter(done.values())).__dict__) if done else []
    table = Table("topic", *names)
    for topic, each in done.items():
        table.add_row(topic, *(f"{number:,}" for number in each.__dict__.values()))
    Console().print(table)


def _with_progress(title: str, topics: list[str], do: Callable[[Callable[[int], None]], Any]) -> Any:
    from rich.console import Console
    from rich.progress import Progress

    from streaming.lake_care.care import count_links

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=count_links(topics))
        return do(lambda files: bar.advance(task, files))


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, default=_text))


def _text(value: Any) -> str:
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
