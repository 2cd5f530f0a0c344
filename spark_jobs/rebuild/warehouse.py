"""The warehouse beside the one in use: a database for a while, with all that bronze cannot give back copied into it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import SpooledTemporaryFile
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from millwright import reference, tables, warehouse
from millwright.errors import MillwrightError
from millwright.migrations import VERSION_TABLE
from millwright.settings import settings, settings_with

_LOADS = ("loads", "applied_loads", "rebuilds")  # of `platform`: what a rebuild writes anew
_SPOOL_BYTES = 2**26


def name() -> str:
    """The warehouse's database."""
    return urlsplit(warehouse.dsn()).path.lstrip("/")


@contextmanager
def one_rebuild() -> Iterator[None]:
    """Raises MillwrightError when another rebuild of this warehouse runs; one that was killed does not."""
    connection = warehouse.connect()
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(hashtextextended('millwright.rebuild', 0))")
            if cursor.fetchone() != (True,):
                raise MillwrightError("Another rebuild of this warehouse is running.", "Wait for it.")
        _drop(_beside())  # a --check that was killed left it
        yield
    finally:
        connection.close()


@contextmanager
def beside() -> Iterator[None]:
    """A warehouse without loads, to which the settings point; it is gone at the end."""
    here, there, lake = warehouse.dsn(), _beside(), settings().lake
    address = urlsplit(here)._replace(path=f"/{there}").geturl()
    _create(there)
    try:
        with tempfile.TemporaryDirectory(prefix="millwright-rebuild-") as folder:
            # dbt's profile, its target and its lock are this warehouse's own.
            dbt = str(settings().dbt_dir.absolute())
            own = settings_with(database_url=address, lake_url=lake, state_dir=folder, dbt_dir=dbt)
            with own, _profiles_in(folder):
                tables.migrate()
                reference.apply()
                _copy(here, address)
                yield
    finally:
        with suppress(MillwrightError):  # the server went away: the next rebuild removes it
            _drop(there)


def _beside() -> str:
    return f"{name()}_rebuild"


@contextmanager
def _profiles_in(folder: str) -> Iterator[None]:
    import os

    before = os.environ.get("DBT_PROFILES_DIR")
    os.environ["DBT_PROFILES_DIR"] = str(Path(folder) / "profile")
    try:
        yield
    finally:
        if before is None:
            del os.environ["DBT_PROFILES_DIR"]
        else:
            os.environ["DBT_PROFILES_DIR"] = before


def _drop(database: str) -> None:
    _administer(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(database)))


def _create(database: str) -> None:
    try:
        _administer(sql.SQL("create database {}").format(sql.Identifier(database)))
    except psycopg2.errors.InsufficientPrivilege:
        raise MillwrightError(
            "The warehouse's user may not create a database, which --check needs for a while.",
            "Have its administrator run: alter role <the user> createdb;",
        ) from None


def _administer(statement: sql.Composed) -> None:
    connection = warehouse.connect()
    connection.autocommit = True
    try:
        with warehouse.translated(), connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()


def _copy(here: str, there: str) -> None:
    """The rows of `ml` and `platform` that dbt reads and bronze does not hold: what the models said, the history."""
    with warehouse.translated():
        source, target = psycopg2.connect(here), psycopg2.connect(there)
        try:
            source.set_session(isolation_level="REPEATABLE READ", readonly=True)
            wanted = _tables(source)
            for table in _tables(target):
                if table in wanted:
                    _copy_table(source, target, table, wanted[table])
            target.commit()
        finally:
            source.close()
            target.close()


def _tables(connection: Connection) -> dict[tuple[str, str], list[str]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "select table_schema, table_name, array_agg(column_name::text order by ordinal_position)"
            " from information_schema.columns where table_schema in ('ml', 'platform')"
            " and not (table_schema = 'platform' and table_name = any(%s)) group by 1, 2",
            ([*_LOADS, VERSION_TABLE],),  # the copy is at its own revision
        )
        return {(schema, table): columns for schema, table, columns in cursor.fetchall()}


def _copy_table(source: Connection, target: Connection, table: tuple[str, str], columns: list[str]) -> None:
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as rows, source.cursor() as out, target.cursor() as into:
        name = sql.Identifier(*table)
        out.copy_expert(sql.SQL("copy (select {} from {}) to stdout").format(listed, name).as_string(out), rows)
        rows.seek(0)
        into.copy_expert(sql.SQL("copy {} ({}) from stdin").format(name, listed).as_string(into), rows)
