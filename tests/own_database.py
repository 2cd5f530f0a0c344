"""An empty database of a test's own, on the session's server."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2

from tests.stack import TestStack

_in_use: set[str] = set()


@contextmanager
def own_database(stack: TestStack) -> Iterator[str]:
    """The address of an empty database, which is dropped at the end.

    The name comes again with the next test: it stands in dbt's profile, and with another profile dbt reads the whole
    project anew, which takes 15 s of a processor instead of one.
    """
    name = next(f"test_{n}" for n in itertools.count() if f"test_{n}" not in _in_use)
    _in_use.add(name)
    door = stack.settings.embedded_database("postgres")
    execute(door, f"drop database if exists {name} with (force)")
    execute(door, f"create database {name}")
    yield stack.settings.embedded_database(name)
    execute(door, f"drop database {name} with (force)")
    _in_use.remove(name)


def execute(address: str, statement: str) -> None:
    """Run a statement that wants no transaction."""
    connection = psycopg2.connect(address)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
