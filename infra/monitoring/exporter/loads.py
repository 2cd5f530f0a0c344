"""Loads into schema raw, counted from when the exporter began; each scrape reads only what has come since the last."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from psycopg2.extensions import cursor as Cursor

from infra.monitoring.exporter.source import Measure, Sample
from millwright.derived import raw_tables

_RUNS = Measure("millwright_load_runs_total", "Loads that had anything to look at.", ("table",), "counter")
_ROWS = Measure("millwright_load_rows_total", "Rows that they changed.", ("table", "change"), "counter")
_LAST = Measure("millwright_load_last_timestamp_seconds", "When the newest load was committed.", ("table",))
MEASURES = (_RUNS, _ROWS, _LAST)

_CHANGES = ("inserted", "updated", "deleted")
_NEWEST = "select load_id, extract(epoch from loaded_at) from platform.loads where table_name = %s"
_SINCE = (
    "select count(*), coalesce(sum(rows_inserted), 0), coalesce(sum(rows_updated), 0), coalesce(sum(rows_deleted), 0)"
    " from platform.loads where table_name = %s and load_id > %s and load_id <= %s"
)


class Loads:
    """Counts by table. Loads of one table commit in the order of their ids, so what is new has a higher one."""

    def __init__(self) -> None:
        self._seen: dict[str, int] = {}
        self._runs: Counter[str] = Counter()
        self._rows: Counter[tuple[str, str]] = Counter()

    def look(self, cursor: Cursor) -> Iterable[Sample]:
        """The counts up to now."""
        cursor.execute("select to_regclass('platform.loads') is not null")
        found = cursor.fetchone()
        if found is None or not found[0]:
            return
        for table in (contract.table for contract in raw_tables().values()):
            cursor.execute(f"{_NEWEST} order by load_id desc limit 1", (table,))
            newest = cursor.fetchone()
            load_id, loaded_at = newest or (0, None)
            self._count(cursor, table, load_id)
            yield _RUNS, (table,), self._runs[table]
            for change in _CHANGES:
                yield _ROWS, (table, change), self._rows[table, change]
            if loaded_at is not None:
                yield _LAST, (table,), float(loaded_at)

    def _count(self, cursor: Cursor, table: str, newest: int) -> None:
        since = self._seen.setdefault(table, newest)  # counters begin at 0 with each process
        if newest > since:
            cursor.execute(_SINCE, (table, since, newest))
            runs, *rows = cursor.fetchone() or (0, 0, 0, 0)
            self._runs[table] += int(runs)
            for change, count in zip(_CHANGES, rows, strict=True):
                self._rows[table, change] += int(count)
            self._seen[table] = newest


LOADS = Loads()
