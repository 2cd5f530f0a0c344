"""What a person sees: the table, and where a measurement is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from bench.contender import LeftOut, Result
from bench.workers import Landed

_progress = Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One line on where the measurement is."""
    _progress.print(text, soft_wrap=True)


def show(results: Sequence[Result], records: int, mean_bytes: float, left_out: Sequence[LeftOut] = ()) -> None:
    """The table of a run; the first result is the bound, with which the others are compared."""
    title = f"{records:,} records of {mean_bytes:.0f} bytes (key and message)"
    table = _table(title, "", "records", "records/s", "of bound", "CPU s", "CPU µs each", "peak MiB")
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


def show_slices(ours: Sequence[Landed]) -> None:
    """Rate and memory of each tenth of our runs."""
    columns = [f"{landed.result.name}, {unit}" for landed in ours for unit in ("records/s", "MiB")]
    table = _table("each tenth of the time", "", *columns)
    for number, parts in enumerate(zip(*(landed.slices for landed in ours), strict=True), 1):
        cells = (cell for part in parts for cell in (f"{part.records_per_second:,.0f}", f"{part.rss_mb:,.0f}"))
        table.add_row(f"{number}", *cells)
    Console(highlight=False).print(table)


def show_corrupt(pairs: Sequence[tuple[Landed, Landed]]) -> None:
    """Our runs on sound records, and the same with corrupt ones among them."""
    names = ("quarantined", "records/s", "of sound", "CPU s", "of sound")
    table = _table("with corrupt records among them", "", *names)
    for sound, corrupt in pairs:
        rate, cpu = corrupt.result.rate, corrupt.result.cpu_seconds
        table.add_row(
            sound.result.name,
            f"{corrupt.quarantined:,}",
            f"{rate:,.0f}",
            f"{rate / sound.result.rate:.2f}",
            f"{cpu:.1f}",
            f"{cpu / sound.result.cpu_seconds:.2f}",
        )
    Console(highlight=False).print(table)


def _table(title: str, first: str, *others: str) -> Table:
    table = Table(title=f"\n{title}", title_justify="left", box=None, header_style="bold", pad_edge=False)
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table
