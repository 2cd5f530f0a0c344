"""The databases of the platform and of the parts that keep their own: on the embedded Postgres, or on yours."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

from millwright.errors import MillwrightError
from millwright.settings import Settings

OF_PART = {"registry": "registry", "mlflow": "mlflow", "airflow-api": "airflow"}


def url(config: Settings, name: str) -> str:
    """Address of a part's own database.

    On your own server (MILLWRIGHT_DATABASE_URL) it is `<warehouse>_<name>`, so that it meets no other of that name.
    """
    if not config.database_url:
        return config.embedded_database(name)
    warehouse = urlsplit(config.database_url)
    return urlunsplit(warehouse._replace(path=f"{warehouse.path}_{name}"))


def ensure(config: Settings, names: list[str]) -> None:
    """Create the databases that are missing.

    Raises MillwrightError naming those that this server's user may not create.
    """
    wanted = [] if config.database_url else [config.database]
    wanted += [url(config, name) for name in names]
    if not wanted:
        return
    door = config.database if config.database_url else config.embedded_database("postgres")
    connection = psycopg2.connect(door, connect_timeout=10)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("select datname from pg_database")
            there = {row[0] for row in cursor.fetchall()}
            for name in (urlsplit(address).path.lstrip("/") for address in wanted):
                if name not in there:
                    _create(cursor, name)
    finally:
        connection.close()


def _create(cursor: psycopg2.extensions.cursor, name: str) -> None:
    try:
        cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg2.errors.DuplicateDatabase:
        return
    except psycopg2.errors.InsufficientPrivilege:
        raise MillwrightError(
            f"The user of MILLWRIGHT_DATABASE_URL may not create the database {name}.",
            f"Have its administrator run: create database {name};",
        ) from None
