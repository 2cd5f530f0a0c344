"""The warehouse's own tables: raw tables from the contracts, and those of `ml` and `platform`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

from psycopg2 import sql
from psycopg2.extensions import cursor as Cursor

from millwright.contracts import Contract
from millwright.derived import raw_tables
from millwright.errors import MillwrightError
from millwright.migrations import upgrade
from millwright.warehouse import engine, session, translated


def raw_columns(contract: Contract) -> dict[str, str]:
    """Columns of a raw table and their Postgres types: the contract's fields, outliers, lineage, load."""
    columns = {f.name: f.postgres_type for f in contract.fields}
    if contract.channels:
        columns["outlier_channels"] = "text"
    if not contract.computed:
        columns |= {"_partition": "integer", "_offset": "bigint", "_append_time": "timestamptz"}
    return columns | {"_load_id": "bigint"}


def migrate() -> None:
    """Bring the warehouse's tables to the newest revision and to what the contracts say, in one transaction.

    Run again, it changes nothing. A contract's new field becomes a new column, null in old rows. Raises MillwrightError
    when a column has another type than the contract or the warehouse is newer than we, Unavailable without a server.
    """
    with translated(), engine().begin() as connection:
        cursor: Any = connection.connection.cursor()  # psycopg2's own, in the same transaction
        _one_at_a_time(cursor)
        upgrade(connection)
        cursor.execute("create schema if not exists raw")  # a rebuild may have dropped it
        for contract in raw_tables().values():
            _migrate_raw(cursor, contract)


def load_lock(table: str) -> str:
    """Name of the advisory lock under which a raw table's rows come and go."""
    return f"millwright.load.{table}"


def anything_loaded() -> bool:
    """Whether any load has ever brought a row. Raises Unavailable without a server."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select exists (select from platform.loads)")
        row = cursor.fetchone()
    return bool(row and row[0])


def rows_changed_since(moment: dt.datetime | None) -> int:
    """Rows of schema raw that loads have inserted, updated or deleted after a moment (None: ever)."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(sum(rows_inserted + rows_updated + rows_deleted), 0)::bigint from platform.loads"
            " where loaded_at > coalesce(%s::timestamptz, '-infinity')",
            (moment,),
        )
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def ensure_partitions(table: str, months: Iterable[dt.date]) -> None:
    """Make the month partitions of raw.<table> for the months that hold these dates, where there are none yet.

    Commits at once, by ATTACH: `create … partition of` would lock readers out until the load's end.
    """
    wanted = sorted({day.replace(day=1) for day in months})
    with session() as connection, connection.cursor() as cursor:
        missing = _missing(cursor, table, wanted)
        if not missing:
            return
        _one_at_a_time(cursor)
        for first in _missing(cursor, table, missing):
            after = (first + dt.timedelta(days=32)).replace(day=1)
            names = {"parent": sql.Identifier("raw", table), "part": sql.Identifier("raw", _partition(table, first))}
            cursor.execute(sql.SQL("create table {part} (like {parent} including defaults)").format(**names))
            cursor.execute(
                sql.SQL("alter table {parent} attach partition {part} for values from (%s) to (%s)").format(**names),
                (f"{first} 00:00:00+00", f"{after} 00:00:00+00"),
            )


def _one_at_a_time(cursor: Cursor) -> None:
    """`create … if not exists` of two sessions at once can still collide, so DDL queues here until commit."""
    cursor.execute("select pg_advisory_xact_lock(hashtextextended('millwright.ddl', 0))")


def _partition(table: str, month: dt.date) -> str:
    return f"{table}_{month:%Y_%m}"


def _missing(cursor: Cursor, table: str, months: Iterable[dt.date]) -> list[dt.date]:
    cursor.execute(
        "select relname from pg_inherits join pg_class on oid = inhrelid where inhparent = %s::regclass",
        (f"raw.{table}",),
    )
    there = {name for (name,) in cursor.fetchall()}
    return [month for month in months if _partition(table, month) not in there]


def _migrate_raw(cursor: Cursor, contract: Contract) -> None:
    """Create or widen raw.<table>; required fields are `not null` only in a table made with them."""
    cursor.execute(
        "select attname, format_type(atttypid, atttypmod) from pg_attribute"
        " where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped",
        (f"raw.{contract.table}",),
    )
    there = {name: str(kind).replace("timestamp with time zone", "timestamptz") for name, kind in cursor.fetchall()}
    wanted = raw_columns(contract)
    name = sql.Identifier("raw", contract.table)
    if not there:
        _create_raw(cursor, contract)
        return
    for column, kind in wanted.items():
        if column not in there:
            cursor.execute(
                sql.SQL("alter table {} add column {} {}").format(name, sql.Identifier(column), sql.SQL(kind))
            )
        elif there[column] != kind:
            raise MillwrightError(
                f"raw.{contract.table}.{column} is {there[column]} in the warehouse and {kind} in the contract.",
                "A field cannot change its type: give the new one another name (`millwright contracts check`).",
            )


def _create_raw(cursor: Cursor, contract: Contract) -> None:
    optional = {f.name for f in contract.fields if f.nullable} | {"outlier_channels"}
    columns = [
        sql.SQL("{} {} {}").format(
            sql.Identifier(column), sql.SQL(kind), sql.SQL("" if column in optional else "not null")
        )
        for column, kind in raw_columns(contract).items()
    ]
    name = sql.Identifier("raw", contract.table)
    cursor.execute(
        sql.SQL("create table {} ({}) partition by range ({})").format(
            name, sql.SQL(", ").join(columns), sql.Identifier(contract.event_time)
        )
    )
    cursor.execute(
        sql.SQL("create unique index {} on {} ({}) nulls not distinct").format(
            sql.Identifier(f"{contract.table}_unique"),
            name,
            sql.SQL(", ").join(sql.Identifier(column) for column in contract.unique),
        )
    )
    # Rows come in the order of loads and, nearly, of event times: block ranges find both and cost next to nothing.
    cursor.execute(
        sql.SQL("create index {} on {} using brin ({}, _load_id) with (autosummarize = on)").format(
            sql.Identifier(f"{contract.table}_order"), name, sql.Identifier(contract.event_time)
        )
    )
