"""The SQL of a load. Names come from contracts, whose fields are Avro names, and are quoted all the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from millwright.contracts import Contract
from millwright.tables import raw_columns

_EPOCH = dt.datetime(1970, 1, 1)
LOCK = "select pg_try_advisory_xact_lock(hashtextextended($1, 0))"
WATERMARK = (
    "select silver_version, silver_id, columns from platform.loads where table_name = $1 order by load_id desc limit 1"
)
# The newest stretch is never in the statistics of the loaded table: taken for empty, it would be joined row by row with
# all that is staged, which takes minutes.
PLAN = "set local enable_nestloop = off"
# The server ends the load of a client that was killed, and its lock, without waiting for the statement's end.
WATCH = "set local client_connection_check_interval = '2s'"
NEW_LOAD = (
    "insert into platform.loads (table_name, silver_version, silver_id, columns)"
    " values ($1, $2::bigint, $3, string_to_array($4, ',')) returning load_id"
)
COUNTED = (
    "update platform.loads set loaded_at = clock_timestamp(),"
    " rows_inserted = $1::bigint, rows_updated = $2::bigint, rows_deleted = $3::bigint"
    " where load_id = $4::bigint"
)


def create_staging(contract: Contract) -> str:
    """A temporary table: written without WAL, seen by this transaction only, gone with it."""
    columns = (f"{_name(c)} {kind}" for c, kind in raw_columns(contract).items() if c != "_load_id")
    return f"create temp table staging ({', '.join(columns)}) on commit drop"


def update(contract: Contract, columns: Sequence[str], load_id: int, within: str) -> str:
    """Update the rows that differ in any column; count them. A row that does not differ is not written."""
    assignments = ", ".join(f"{_name(c)} = staged.{_name(c)}" for c in columns)
    return _count(
        f"update {_table(contract)} as loaded set {assignments}, _load_id = {load_id} from staging as staged"
        f" where ({within}) and {_same(contract)}"
        f" and ({_list(columns, 'staged')}) is distinct from ({_list(columns, 'loaded')}) returning 1"
    )


def insert(contract: Contract, columns: Sequence[str], load_id: int, within: str) -> str:
    """Insert the staged rows that are not there; count them."""
    return _count(
        f"insert into {_table(contract)} ({_list(columns)}, _load_id) select {_list(columns, 'staged')}, {load_id}"
        f" from staging as staged"
        f" where not exists (select from {_table(contract)} as loaded where ({within}) and {_same(contract)})"
        " returning 1"
    )


def delete(contract: Contract, within: str) -> str:
    """Delete the rows that are not staged; count them."""
    return _count(
        f"delete from {_table(contract)} as loaded where ({within})"
        f" and not exists (select from staging as staged where {_same(contract)}) returning 1"
    )


def touch(contract: Contract, load_id: int, within: str) -> str:
    """Give the rows that do not differ this load's number too, so that dbt computes anew what they are in; count
    them."""
    return _count(
        f"update {_table(contract)} as loaded set _load_id = {load_id}"
        f" where ({within}) and _load_id <> {load_id} returning 1"
    )


def within(contract: Contract, spans: Iterable[tuple[int, int]] | None) -> str:
    """Loaded rows of these stretches of event time (µs since 1970, both ends included); of the whole table, if None.

    Plain ranges of event times, by which Postgres leaves out partitions.
    """
    if spans is None:
        return "true"
    at = f"loaded.{_name(contract.event_time)}"
    return " or ".join(f"({at} >= '{_moment(first)}' and {at} <= '{_moment(last)}')" for first, last in spans)


def _moment(micros: int) -> str:
    return f"{_EPOCH + dt.timedelta(microseconds=micros):%Y-%m-%d %H:%M:%S.%f}+00"


def _same(contract: Contract) -> str:
    """Staged and loaded row are the same. `is not distinct from` only where null can be: it cannot use a hash join."""
    nullable = {f.name for f in contract.fields if f.nullable}
    return " and ".join(
        f"loaded.{_name(c)} {'is not distinct from' if c in nullable else '='} staged.{_name(c)}"
        for c in contract.unique
    )


def _count(statement: str) -> str:
    return f"with touched as ({statement}) select count(*) from touched"


def _table(contract: Contract) -> str:
    return f"raw.{_name(contract.table)}"


def _list(columns: Iterable[str], table: str = "") -> str:
    return ", ".join(f"{table}.{_name(c)}" if table else _name(c) for c in columns)


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
