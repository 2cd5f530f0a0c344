"""platform.weekly_reports: which weeks' reports have been sent, so that none is sent twice."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

# One row per week whose report has been sent: `week` is its Monday.
_REPORTS = """
create table if not exists platform.weekly_reports (
    week date primary key,
    sent_to text not null,
    sent_at timestamptz not null default now()
)"""


def upgrade() -> None:
    """A table more."""
    op.get_bind().exec_driver_sql(_REPORTS)
