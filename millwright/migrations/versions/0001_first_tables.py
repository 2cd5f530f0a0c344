"""The tables as they were when revisions began; what an older warehouse has of them is kept and widened."""

from __future__ import annotations

from alembic import op

from millwright.ml_tables import STATEMENTS as ML
from millwright.platform_tables import STATEMENTS as PLATFORM
from millwright.quality_tables import STATEMENTS as QUALITY

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing here waits for a running load: an index of a table that loads write is part of its `create table`."""
    bind = op.get_bind()
    for schema in ("raw", "ml", "platform"):
        bind.exec_driver_sql(f"create schema if not exists {schema}")
    for statement in (*PLATFORM, *ML, *QUALITY):
        bind.exec_driver_sql(statement)
