"""Alembic's entry: runs the revisions in the transaction of the connection it was given."""

from __future__ import annotations

from alembic import context

from millwright.migrations import VERSION_SCHEMA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    version_table_schema=VERSION_SCHEMA,
)
context.run_migrations()
