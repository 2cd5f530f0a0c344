"""`millwright bench soak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from bench.soak.run import Soak


@click.command()
@click.option("--rate", default=5_000, show_default=True, type=click.IntRange(1), help="Events a second.")
@click.option("--minutes", default=30.0, show_default=True, type=click.FloatRange(0.2), help="How long it is watched.")
@click.option("--every", default=2.0, show_default=True, type=click.FloatRange(0.1), help="Minutes from run to run.")
@click.option("--warm", default=3.0, show_default=True, type=click.FloatRange(0), help="Minutes before the watch.")
@click.option("--kills/--no-kills", default=True, show_default=True, help="Then kill each part once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def soak(rate: int, minutes: float, every: float, warm: float, kills: bool, as_json: bool) -> None:
    """The whole stack under steady load, its hourly DAG every two minutes, watched from outside; then each part killed.

    Shows whether lag stays bounded and memory flat, what an event takes on disk, how often each part answered, and how
    soon all answers again after a kill.
    """
    import json
    from dataclasses import asdict

    from bench.soak.run import soak as run

    found = run(rate, minutes, every, warm, kills)
    _show(found, as_json)
    if as_json:
        click.echo(json.dumps(asdict(found)))


def _show(found: Soak, as_json: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(stderr=as_json, highlight=False)
    title = f"{found.events:,} events, {found.rate:,} a second for {found.minutes:g} minutes"
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column("part")
    for name in ("answered", "MiB in the first third", "second", "last", "all back after kill -9, s"):
        table.add_column(name, justify="right")
    for part, share in found.availability.items():
        held = [f"{mb:,.0f}" for mb in found.memory.get(part, [0.0] * 3)]
        back = f"{found.back_seconds[part]:.0f}" if part in found.back_seconds else ""
        table.add_row(part, f"{share:.2%}", *held, back)
    console.print(table)
    console.print(f"greatest lag in each third: {', '.join(f'{lag:,}' for lag in found.lag)} records")
    for name, (first, second) in sorted(found.disk.items(), key=lambda item: -item[1][1]):
        if max(first, second) > 1:
            console.print(f"{name}: {first:.0f} bytes an event in the first half, {second:.0f} in the second")
    for dag, count in found.runs.items():
        console.print(f"{dag}: {count} runs" + (f", {found.failed[dag]} failed" if dag in found.failed else ""))
