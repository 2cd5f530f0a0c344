"""`millwright sink`."""

from __future__ import annotations

import click


@click.group()
def sink() -> None:
    """Land what Kafka holds in the lake, each record once."""


_TOPICS = click.option("--topic", "topics", multiple=True, help="Only this topic; may be given more than once.")


@sink.command()
@_TOPICS
@click.option(
    "--workers", type=click.IntRange(1), help="Processes that share the partitions  [default: MILLWRIGHT_SINK_WORKERS]"
)
def run(topics: tuple[str, ...], workers: int | None) -> None:
    """Land what comes, until stopped. `millwright up` starts it as a service."""
    from millwright import logs
    from millwright.settings import settings
    from streaming.sink.service import serve, serve_with

    logs.begin()
    count = workers or settings().sink_workers
    if count > 1:
        serve_with(count, topics or None)
    else:
        serve(topics or None)


@sink.command()
@_TOPICS
@click.option("--timeout", default=900.0, show_default=True, help="Seconds after which to give up.")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def once(topics: tuple[str, ...], timeout: float, as_json: bool) -> None:
    """Land everything that was sent before now, then end."""
    import json

    from rich.console import Console
    from rich.table import Table

    from streaming.sink.once import land

    landed = land(topics or None, timeout)
    if as_json:
        click.echo(json.dumps(landed))
        return
    table = Table("topic", *("records", "accepted", "rejected", "files"))
    for topic, counts in landed.items():
        table.add_row(topic, *(f"{counts[name]:,}" for name in ("records", "accepted", "rejected", "files")))
    Console().print(table)


@sink.command()
@_TOPICS
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def outcomes(topics: tuple[str, ...], as_json: bool) -> None:
    """What became of the records so far: accepted, and in quarantine by reason."""
    import json

    from rich.console import Console
    from rich.table import Table

    from streaming.sink.outcomes import outcomes as count

    found = count(topics or None)
    if as_json:
        click.echo(json.dumps(found))
        return
    table = Table("topic", "consumed", "accepted", "quarantined", "files")
    for topic, counts in found.items():
        reasons = ", ".join(f"{reason} {number:,}" for reason, number in counts["quarantined"].items())
        numbers = (f"{counts['consumed']:,}", f"{counts['accepted']:,}")
        table.add_row(topic, *numbers, reasons or "0", f"{counts['files']:,}")
    Console().print(table)
