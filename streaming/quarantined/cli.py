"""`millwright quarantine`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="Print as JSON; bytes in hexadecimal.")
_STREAM = click.option("--stream", "streams", multiple=True, help="Only this stream; may be given more than once.")
_REASON = click.option("--reason", help="Only records rejected for this reason; `out_of_range` is that of any field.")


@click.group()
def quarantine() -> None:
    """Look at rejected records, and bring back those that pass once their cause is mended."""


@quarantine.command()
@_STREAM
@_JSON
def ls(streams: tuple[str, ...], as_json: bool) -> None:
    """Rejected records by stream and reason: how many, the newest file that holds one, and a sample of it."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from streaming.quarantined.content import shown
    from streaming.quarantined.still import rejections

    found = list(rejections(_topics(streams)))
    if as_json:
        _print_json([entry.__dict__ for entry in found])
        return
    if not found:
        Console().print("Nothing is in quarantine.")
        return
    table = Table("topic", "reason", "records", "offset", "sample")
    for entry in found:
        sample = escape(shown(entry.sample))
        table.add_row(entry.topic, entry.reason, f"{entry.records:,}", str(entry.offset), sample)
    Console().print(table)
    for file in dict.fromkeys(entry.file for entry in found):
        Console().print(file, soft_wrap=True, highlight=False)


@quarantine.command()
@_STREAM
@_REASON
@click.option("--limit", default=20, show_default=True, help="At most so many records, the newest first.")
@_JSON
def show(streams: tuple[str, ...], reason: str | None, limit: int, as_json: bool) -> None:
    """Rejected records with their reason and place, and their fields as far as they can be decoded."""
    from itertools import islice

    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from streaming.quarantined.content import shown
    from streaming.quarantined.records import described

    found = list(islice(described(_topics(streams), reason), limit))
    if as_json:
        _print_json([entry.__dict__ for entry in found])
        return
    if not found:
        Console().print("Nothing of that kind is in quarantine.")
        return
    table = Table("topic", "p", "offset", "appended (UTC)", "reason", "key", "what it holds")
    for entry in found:
        fields = ", ".join(f"{name}={_text(value)}" for name, value in (entry.fields or {}).items())
        holds = escape(fields or shown(entry.value))
        place = (entry.topic, str(entry.partition), str(entry.offset), entry.append_time[:19])
        table.add_row(*place, entry.reason, escape(shown(entry.key)), holds)
    Console().print(table)


@quarantine.command()
@click.option("--stream", "streams", multiple=True, required=True, help="The stream; may be given more than once.")
@_REASON
@click.option("--dry-run", is_flag=True, help="Only tell what would pass.")
@_JSON
def retry(streams: tuple[str, ...], reason: str | None, dry_run: bool, as_json: bool) -> None:
    """Judge rejected records again, and bring back those that pass now, each with its original position."""
    from rich.console import Console
    from rich.table import Table

    from streaming.quarantined.retry import retry as mend

    found = [mend(topic, reason, dry_run) for topic in _topics(streams) or []]
    rows = [
        {"topic": each.topic, "was": was, "now": "accepted", "records": number}
        for each in found
        for was, number in each.passed.items()
    ]
    rows += [
        {"topic": each.topic, "was": was, "now": now, "records": number}
        for each in found
        for (was, now), number in each.failed.items()
    ]
    if as_json:
        _print_json({"dry_run": dry_run, "outcomes": rows})
        return
    table = Table("topic", "was rejected as", "would be" if dry_run else "is now", "records")
    for row in rows:
        table.add_row(str(row["topic"]), str(row["was"]), str(row["now"]), f"{row['records']:,}")
    Console().print(table if rows else "Nothing of that kind is in quarantine.")
    if any(row["now"] == "accepted" for row in rows) and not dry_run:
        Console().print("The next `millwright cleanse` takes them into silver.")


def _topics(streams: tuple[str, ...]) -> list[str] | None:
    from millwright.contracts import contract

    return [contract(stream).topic for stream in streams] or None


def _print_json(value: Any) -> None:
    import json

    click.echo(json.dumps(value, default=_text))


def _text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, bytes):
        return value.hex()
    return str(value.isoformat()) if hasattr(value, "isoformat") else str(value)
