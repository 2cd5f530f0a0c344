"""The role through which dashboards read: schema marts, and nothing else; and questions asked through it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection as Connection

from dashboards.state import keep, kept
from dashboards.template import Rendered
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from millwright.warehouse import address, dsn, session

ROLE = "dashboards"
_TIMEOUT_SECONDS = 30


def reader_dsn(made: bool = True) -> str:
    """The warehouse's address for the role, whose password the state folder keeps once `ensure` has made it.

    MILLWRIGHT_DASHBOARDS_DATABASE_URL names another one, made by somebody else. Raises MillwrightError without either,
    unless the role need not have been `made` yet.
    """
    if given := settings().dashboards_database_url:
        return given
    password = kept("reader").get("password", "")
    if made and not password:
        raise MillwrightError(
            f"The role {ROLE} has not been made yet.", "Run `millwright dashboards preview` or `apply`."
        )
    parts = urlsplit(dsn())
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{ROLE}:{quote(password, safe='')}@{host}"))


def ensure() -> None:
    """Make the role, or bring its rights to what they should be; run again, it changes nothing.

    What dbt makes anew in schema marts is readable at once. Raises MillwrightError when our own role may make none.
    """
    if settings().dashboards_database_url:
        return
    secret = kept("reader")
    if "password" not in secret:
        secret["password"] = secrets.token_urlsafe(24)
        keep("reader", secret)
    role, marts = sql.Identifier(ROLE), sql.Identifier("marts")
    names = {"role": role, "marts": marts, "password": sql.Literal(secret["password"])}
    try:
        with session() as connection, connection.cursor() as cursor:
            cursor.execute("select pg_advisory_xact_lock(hashtextextended('millwright.ddl', 0))")
            cursor.execute("select current_database(), exists (select from pg_roles where rolname = %s)", (ROLE,))
            database, is_there = cursor.fetchone() or ("", False)
            names["database"] = sql.Identifier(database)
            wanted = "login nosuperuser nocreatedb nocreaterole noinherit noreplication connection limit 40"
            for statement in (
                *(() if is_there else (f"create role {{role}} {wanted}",)),
                f"alter role {{role}} {wanted} password {{password}}",
                "alter role {role} set default_transaction_read_only = on",
                f"alter role {{role}} set statement_timeout = '{_TIMEOUT_SECONDS}s'",
                "alter role {role} set timezone = 'UTC'",
                # Temporary tables are writing too, and all may make them unless it is taken from them.
                "revoke temporary on database {database} from public",
                "grant connect on database {database} to {role}",
                "create schema if not exists {marts}",
                "grant usage on schema {marts} to {role}",
                "grant select on all tables in schema {marts} to {role}",
                "alter default privileges in schema {marts} grant select on tables to {role}",
            ):
                cursor.execute(sql.SQL(statement).format(**names))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise MillwrightError(
            f"The warehouse's user may not make the role {ROLE}: {str(error).strip()}.",
            "Have it made (docs/dashboards.md has the statements) and name it by MILLWRIGHT_DASHBOARDS_DATABASE_URL.",
        ) from None


@contextmanager
def reading() -> Iterator[Connection]:
    """A connection of the role, read-only and each statement on its own. Raises Unavailable without a server."""
    try:
        connection = psycopg2.connect(
            reader_dsn(), options=f"-c timezone=UTC -c statement_timeout={_TIMEOUT_SECONDS}s", connect_timeout=10
        )
    except psycopg2.OperationalError as error:
        if "password authentication failed" in str(error):
            raise MillwrightError(
                f"The warehouse at {address()} refuses the role {ROLE}.", "Run `millwright dashboards preview` again."
            ) from None
        raise Unavailable(
            f"The warehouse at {address()} does not answer.", "Run `millwright up`, then try again."
        ) from None
    try:
        connection.set_session(readonly=True, autocommit=True)
        yield connection
    finally:
        connection.close()


def ask(connection: Connection, question: Rendered) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns' names and the rows. Raises psycopg2.Error about the statement."""
    with connection.cursor() as cursor:
        cursor.execute(question.statement, question.parameters)
        return [column.name for column in cursor.description or ()], cursor.fetchall()
