"""Brings the tables of schemas `ml` and `platform` to the newest revision, with Alembic.

A revision is a file of `versions`, named by its number. Raw tables have none: they follow the contracts.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from millwright.errors import MillwrightError

FOLDER = Path(__file__).parent
VERSION_SCHEMA, VERSION_TABLE = "platform", "revision"
UNKNOWN_BEFORE = "nothing"  # of a warehouse that is empty, or older than the revisions


def newest() -> str:
    """The newest revision this Millwright knows, such as `0002`; told by its name, for Alembic takes 0.3 s to load."""
    return max(path.name.partition("_")[0] for path in (FOLDER / "versions").glob("[0-9]*.py"))


def current(connection: sqlalchemy.Connection) -> str:
    """The revision a warehouse is at; `nothing` when none is written down."""
    if connection.scalar(sqlalchemy.text(f"select to_regclass('{VERSION_SCHEMA}.{VERSION_TABLE}')")) is None:
        return UNKNOWN_BEFORE
    found = connection.scalar(sqlalchemy.text(f"select version_num from {VERSION_SCHEMA}.{VERSION_TABLE}"))
    return str(found or UNKNOWN_BEFORE)


def upgrade(connection: sqlalchemy.Connection) -> None:
    """Run the revisions that are missing, inside the connection's transaction: all of them or none.

    A warehouse from before the revisions runs through the first ones, which find their tables made and leave them.
    Raises MillwrightError for one that a newer Millwright has been at.
    """
    at = current(connection)
    if at == newest():
        return
    if at > newest() and at != UNKNOWN_BEFORE:
        raise MillwrightError(
            f"The warehouse's tables are at revision {at}, and this Millwright knows them up to {newest()} only.",
            "Install the newer Millwright again, or restore the backup taken before it (docs/upgrade.md).",
        )
    from alembic import command
    from alembic.config import Config

    connection.execute(sqlalchemy.text(f"create schema if not exists {VERSION_SCHEMA}"))
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
