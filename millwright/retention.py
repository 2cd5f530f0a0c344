"""How long the warehouse keeps rows: whole months of a raw table are dropped, and loads bring none of them back.

A table's floor is written in the transaction that drops what lies before it, under the lock that loads take. So a load
either ended before, and its rows of those months go too, or begins after and sees the floor. The rows dropped count as
deleted by a load: models follow as they follow any deletion, and a full refresh gives the same.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from millwright.contracts import Contract
from millwright.derived import ASSETS, raw_tables
from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.settings import settings
from millwright.tables import load_lock, migrate
from millwright.warehouse import session

# The moment before which a table keeps nothing; $1 is the table.
FLOOR = "select floor from platform.retention where table_name = $1"

_PARTITIONS = """
select part.relname, pg_total_relation_size(part.oid), part.reltuples::bigint
from pg_inherits join pg_class as part on part.oid = inhrelid
where inhparent = to_regclass(%s) order by part.relname"""
# The same watermark as before: where the next load goes on.
_DROPPED = """
insert into platform.loads (table_name, silver_version, silver_id, columns, rows_deleted)
select table_name, silver_version, silver_id, columns, %s
from platform.loads where table_name = %s order by load_id desc limit 1"""
_RAISE = """
insert into platform.retention (table_name, floor) values (%s, %s)
on conflict (table_name) do update set floor = greatest(retention.floor, excluded.floor), set_at = now()"""


@dataclass(frozen=True)
class Month:
    """A month of a raw table: its size in bytes, indexes included, and about how many rows it has (-1: not known)."""

    month: dt.date
    size: int
    rows: int


@dataclass(frozen=True)
class Expired:
    """What was dropped of a raw table."""

    months: int
    rows: int


def months(table: str) -> list[Month]:
    """The months that a raw table holds, the oldest first. Raises Unavailable without a server."""
    with session() as connection, connection.cursor() as cursor:
        return [Month(_month(name), int(size), int(rows)) for name, size, rows in _partitions(cursor, table)]


def expire(table: str, before: dt.date) -> Expired:
    """Drop a raw table's months that end before a date or on it, and never load them again.

    One transaction. Readers of the table wait for its end, an instant. Raises MillwrightError for a table that has no
    retention and while a load of the table runs or a long query reads it, Unavailable without a server.
    """
    spec = _with_retention(table)
    floor = before.replace(day=1)
    migrate()
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("set local lock_timeout = '10s'")
        cursor.execute("select pg_try_advisory_xact_lock(hashtextextended(%s, 0))", (load_lock(spec.table),))
        if not _one(cursor):
            raise MillwrightError(f"A load of raw.{spec.table} is running.", "Try again when it has ended.")
        old = [name for name, *_ in _partitions(cursor, spec.table) if _month(name) < floor]
        rows = 0
        try:
            for name in old:
                part = sql.Identifier("raw", name)
                cursor.execute(sql.SQL("lock table {} in access exclusive mode").format(part))
                cursor.execute(sql.SQL("select count(*) from {}").format(part))
                rows += int(_one(cursor))
                cursor.execute(sql.SQL("drop table {}").format(part))
        except psycopg2.errors.LockNotAvailable:
            raise MillwrightError(
                f"A query has been reading raw.{spec.table} for long, so nothing was dropped.",
                "Try again when it has ended.",
            ) from None
        cursor.execute(_RAISE, (spec.table, f"{floor} 00:00:00+00"))
        if rows:
            cursor.execute(_DROPPED, (rows, spec.table))
        failpoint("retention.before_commit")
    return Expired(len(old), rows)


def expire_by_settings(newest: dt.date | None = None) -> dict[str, Expired]:
    """`expire` each table of MILLWRIGHT_WAREHOUSE_RETENTION_MONTHS: it keeps that many months and the one begun.

    `newest` is the date they count from: today unless told.
    """
    today = newest or dt.datetime.now(dt.UTC).date()
    kept = settings().warehouse_retention_months
    for table in kept:
        _with_retention(table)  # nothing is dropped when one of the names is wrong
    return {table: expire(table, _months_before(today, count)) for table, count in kept.items()}


def _months_before(day: dt.date, count: int) -> dt.date:
    year, month = divmod(day.year * 12 + day.month - 1 - count, 12)
    return dt.date(year, month + 1, 1)


def _with_retention(table: str) -> Contract:
    found = {spec.table: spec for spec in raw_tables().values()}
    if table not in found:
        raise MillwrightError(f"There is no raw table {table!r}.", f"There are {', '.join(found)}.")
    if found[table].stream == ASSETS:
        raise MillwrightError(
            f"raw.{table} has no retention: what a machine is holds until its next row, however old.",
            "It grows by a row for each change of a machine; keep it.",
        )
    return found[table]


def _partitions(cursor: Cursor, table: str) -> list[tuple[Any, ...]]:
    cursor.execute(_PARTITIONS, (f"raw.{table}",))
    return cursor.fetchall()


def _month(partition: str) -> dt.date:
    year, month = partition.rsplit("_", 2)[-2:]
    return dt.date(int(year), int(month), 1)


def _one(cursor: Cursor) -> Any:
    row = cursor.fetchone()
    return row[0] if row else None
