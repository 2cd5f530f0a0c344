"""What a person sees: the table, and where a measurement is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.contender import LeftOut, Result

_progress = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line on where the measurement is."""
    _progress.print(text, soft_wrap=True)


def show(results: Sequence[Result], records: int, mean_bytes: float, left_out: Sequence[LeftOut] = ()) -> None:
    """The table of a run; the first result is what the others are compared with."""
    title = f"{records:,} records of {mean_bytes:.0f} bytes (key and message)"
    table = Table("", title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for name in ("records", "records/s", "of the first", "CPU s", "µs CPU/record", "peak MiB"):
        table.add_column(name, justify="right")
    for result in results:
        table.add_row(
            result.name,
            f"{result.records:,}",
            f"{result.rate:,.0f}",
            f"{result.rate / results[0].rate:.2f}",
            f"{result.cpu_seconds:.1f}",
            f"{result.cpu_seconds / result.records * 1e6:.2f}",
            f"{result.peak_rss_mb:,.0f}",
        )
    console = Console(highlight=False)
    console.print(table)
    for one in left_out:
        console.print(f"{one.name} was left out: {one.reason}", soft_wrap=True, markup=False)
