"""`millwright bench dashboards`: how long each dashboard's questions take on the warehouse that the settings name."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dashboards.spec.board import Board

_SHOWN = 10


@dataclass(frozen=True)
class Took:
    """Median milliseconds of a question, its rows fetched; `filters` says which were on ("" none, "all")."""

    board: str
    question: str
    filters: str
    rows: int
    ms: float


@click.command()
@click.option("--times", default=5, show_default=True, type=click.IntRange(1), help="Each question is asked so often.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def dashboards(times: int, as_json: bool) -> None:
    """Ask every question of every dashboard with its filters off, with each of them on, and with all, one at a time.

    Reads the warehouse of the settings as the dashboards do, through their own role; changes nothing but that the role
    is made where it is missing. The sums are of one look at all cards, without filters.
    """
    from dashboards.spec.read import load

    boards = load().boards
    took = measure(boards, times)
    if as_json:
        click.echo(json.dumps({"sums_ms": sums(took), "questions": [vars(each) for each in took]}))
        return
    _show(took, boards)


def measure(boards: dict[str, Board], times: int) -> list[Took]:
    """The median of so many askings of each question and choice of filters, after one that is not counted."""
    from dashboards import reader
    from dashboards.template import render

    reader.ensure()
    found = []
    with reader.reading() as connection:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            from dashboards.template import Rendered

            return reader.ask(connection, Rendered(statement, {}))[1]

        for key, board in boards.items():
            kinds, chosen = {name: each.kind for name, each in board.filters.items()}, _choices(board, ask)
            for name, question in board.questions.items():
                for label, names in _combinations(list(question.filters)):
                    rendered = render(question.sql, question.filters, kinds, {n: chosen[n] for n in names})
                    rows, seconds = 0, []
                    for _ in range(times + 1):
                        begun = time.perf_counter()
                        rows = len(reader.ask(connection, rendered)[1])
                        seconds.append(time.perf_counter() - begun)
                    found.append(Took(key, name, label, rows, round(1000 * statistics.median(seconds[1:]), 2)))
    return found


def sums(took: list[Took]) -> dict[str, float]:
    """Milliseconds of all of a dashboard's questions together, without filters."""
    names = dict.fromkeys(each.board for each in took)
    return {name: round(sum(t.ms for t in took if t.board == name and not t.filters), 1) for name in names}


def _choices(board: Board, ask: Callable[[str], list[tuple[Any, ...]]]) -> dict[str, list[str]]:
    """What somebody might choose: the first value of each list, and the last 30 days of the data."""
    found = {}
    for name, each in board.filters.items():
        if each.kind == "choice":
            table, _, column = each.values.partition(".")
            source = f'from marts."{table}" where "{column}" is not null'
            found[name] = [row[0] for row in ask(f'select distinct "{column}"::text {source} order by 1 limit 1')]
        else:
            clock = "(select max(as_of) from marts.mart_equipment_health)::date"
            found[name] = [str(day) for day in ask(f"select {clock} - 29, {clock}")[0]]
    return found


def _combinations(filters: list[str]) -> Iterator[tuple[str, list[str]]]:
    yield "", []
    for name in filters:
        yield name, [name]
    if len(filters) > 1:
        yield "all", filters


def _show(took: list[Took], boards: dict[str, Board]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    plain = {"title_justify": "left", "box": None, "header_style": "bold", "pad_edge": False}
    whole = Table("dashboard", "questions", "together, ms", "slowest, ms", title="\none look at every card", **plain)  # type: ignore[arg-type]
    for key, total in sums(took).items():
        slowest = max(each.ms for each in took if each.board == key)
        whole.add_row(key, str(len(boards[key].questions)), f"{total:,.0f}", f"{slowest:,.1f}")
    console.print(whole)
    title = f"\nthe {_SHOWN} slowest of {len(took)} (a question, and which of its filters are on)"
    slow = Table("question", "filters on", "rows", "ms", title=title, **plain)  # type: ignore[arg-type]
    for each in sorted(took, key=lambda t: -t.ms)[:_SHOWN]:
        slow.add_row(f"{each.board}/{each.question}", each.filters or "none", f"{each.rows:,}", f"{each.ms:,.1f}")
    console.print(slow)
