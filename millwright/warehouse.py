"""Connections to the warehouse (PostgreSQL): plain, SQLAlchemy's and Arrow's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import psycopg2
import sqlalchemy
from psycopg2.extensions import connection as Connection
from sqlalchemy.pool import NullPool

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings

# Classes of SQLSTATE that mean "the server is gone or not ready": 08 connection, 57P0x shutdown and start-up,
# 53300 too many connections.
_LOST = re.compile(r"08\w{3}|57P0\d|53300")
# What libpq says, with no SQLSTATE, when the address answers and the answer is no.
_REFUSED_BY_SERVER = re.compile(
    r"authentication failed|database \".*\" does not exist|role \".*\" does not exist|no pg_hba"
)


def dsn() -> str:
    """The warehouse's address as libpq reads it (a SQLAlchemy driver's name, as in DB_URL, is taken out)."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql://", settings().database)


def address() -> str:
    """host:port/database of the warehouse, for people to read: no password in it."""
    parts = urlsplit(dsn())
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"


def connect() -> Connection:
    """A psycopg2 connection, autocommit off, session time zone UTC; the caller closes it.

    Raises Unavailable naming the address when the server does not answer; MillwrightError when it refuses us.
    """
    with translated():
        return psycopg2.connect(dsn(), options="-c timezone=UTC", connect_timeout=10, application_name="millwright")


@contextmanager
def session() -> Iterator[Connection]:
    """A connection for one transaction: committed at the end, rolled back by an error, closed in any case.

    Raises Unavailable when the server does not answer or the connection is lost inside the block.
    """
    connection = connect()
    try:
        with translated():
            yield connection
            connection.commit()
    finally:
        connection.close()  # closing an open transaction rolls it back


@lru_cache
def _engine(url: str) -> sqlalchemy.Engine:
    # No pool: connecting costs 5 ms, and a pooled connection does not survive the fork of a task's process.
    made = sqlalchemy.create_engine("postgresql+psycopg2://", creator=connect, poolclass=NullPool)

    @sqlalchemy.event.listens_for(made, "handle_error")
    def _translate(context: sqlalchemy.ExceptionContext) -> BaseException | None:
        return _translation(context.original_exception)

    return made


def engine() -> sqlalchemy.Engine:
    """A SQLAlchemy engine. Using it raises Unavailable when the server does not answer or goes away."""
    return _engine(dsn())


def adbc() -> Any:
    """An ADBC connection (`adbc_driver_postgresql.dbapi.Connection`), autocommit off; the caller closes it.

    Raises as `connect` does. Wrap its use in `translated()`.
    """
    with translated():
        return adbc_driver_postgresql.dbapi.connect(dsn())


@contextmanager
def translated() -> Iterator[None]:
    """Turn a driver's "the server is gone" inside the block into Unavailable; other errors pass unchanged."""
    try:
        yield
    except (psycopg2.Error, adbc_driver_manager.Error) as error:
        if (said := _translation(error)) is not None:
            raise said from error
        raise


def _translation(error: BaseException | None) -> MillwrightError | None:
    """What to say instead of a driver's error, or None when it is about the statement and not the server."""
    text = str(error).strip()
    state = getattr(error, "pgcode", None) or getattr(error, "sqlstate", None) or ""
    if _REFUSED_BY_SERVER.search(text):
        reason = text.splitlines()[-1].rpartition("FATAL:")[2].strip()
        return MillwrightError(
            f"The warehouse at {address()} refuses us: {reason}.", "Check MILLWRIGHT_DATABASE_URL (or DB_URL)."
        )
    # An error of a statement has a SQLSTATE; a broken connection has none.
    broken = psycopg2.OperationalError, psycopg2.InterfaceError, adbc_driver_manager.OperationalError
    gone = isinstance(error, broken) and not state
    if gone or _LOST.fullmatch(str(state)):
        return Unavailable(f"The warehouse at {address()} does not answer.", "Run `millwright up`, then try again.")
    return None
