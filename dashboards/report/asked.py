"""Asks the dashboards' own questions with a week for their period, so that no number has a second definition."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg2

from dashboards import reader
from dashboards.report.week import Week
from dashboards.spec.question import Shown
from dashboards.spec.read import Boards
from dashboards.template import Rendered, render
from millwright.errors import MillwrightError

Row = dict[str, Any]
_NOW = "select max(as_of) from marts.mart_equipment_health"


class NothingYet(MillwrightError):
    """There is nothing to report on, which is no fault of anybody's in a plant that has only just begun."""


class Asked:
    """Answers of one warehouse to the questions of some boards."""

    def __init__(self, boards: Boards, answer: Callable[[Rendered], tuple[list[str], list[tuple[Any, ...]]]]) -> None:
        self._boards, self._answer = boards, answer

    def now(self) -> dt.datetime:
        """The data's clock. Raises NothingYet when there are no readings."""
        moment = self._told(Rendered(_NOW, {}))[0]["max"]
        if moment is None:
            raise NothingYet("There are no readings to report on.", "Run `millwright demo`, or send your own.")
        return moment  # type: ignore[no-any-return]

    def rows(self, board: str, question: str, week: Week) -> list[Row]:
        """The rows of `board`'s question in a week, by column."""
        of, kinds = self._boards.boards[board], {n: f.kind for n, f in self._boards.boards[board].filters.items()}
        asked = of.questions[question]
        return self._told(render(asked.sql, asked.filters, kinds, {"period": week.days}))

    def shown(self, board: str, question: str, column: str) -> Shown:
        """How the dashboard shows a column."""
        return self._boards.boards[board].questions[question].columns[column]

    def _told(self, rendered: Rendered) -> list[Row]:
        try:
            columns, rows = self._answer(rendered)
        except psycopg2.errors.UndefinedTable:
            raise NothingYet("The marts have not been built yet.", "Run `millwright demo`, or `dbt build`.") from None
        return [dict(zip(columns, row, strict=True)) for row in rows]


@contextmanager
def asking(boards: Boards) -> Iterator[Asked]:
    """Asks through the dashboards' role, which is made where it is missing."""
    reader.ensure()
    with reader.reading() as connection:
        yield Asked(boards, lambda rendered: reader.ask(connection, rendered))
