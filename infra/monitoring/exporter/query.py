"""Figures that one SELECT gives: which of its columns are labels, and what the others mean."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from infra.monitoring.exporter.source import Measure, Sample

_LIMIT = "set statement_timeout = '5s'"


@dataclass(frozen=True)
class Query:
    """`sql` gives the columns of `labels` first, then one for each of `measures`; a null is not told.

    `table` is what has to be there for it to be asked: what nobody has made yet has no figures.
    """

    table: str
    labels: tuple[str, ...]
    measures: tuple[Measure, ...]
    sql: str


def measure(name: str, doc: str, *labels: str) -> Measure:
    """A gauge of the platform."""
    return Measure(f"millwright_{name}", doc, labels)


def ask(cursor: Cursor, queries: Iterable[Query]) -> Iterable[Sample]:
    """The figures of all queries whose tables are there."""
    cursor.execute(_LIMIT)
    for query in queries:
        cursor.execute("select to_regclass(%s) is not null", (query.table,))
        found = cursor.fetchone()
        if found is None or not found[0]:
            continue
        cursor.execute(query.sql)
        for row in cursor.fetchall():
            labels = tuple(str(value) for value in row[: len(query.labels)])
            for each, value in zip(query.measures, row[len(query.labels) :], strict=True):
                if value is not None:
                    yield each, labels, float(value)
