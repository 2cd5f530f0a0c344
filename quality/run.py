"""One round of data quality: measure, bring the marts up to date, tell of what is breached."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from millwright.dbt_runner import build
from millwright.errors import Unavailable
from millwright.warehouse import session
from quality import rules
from quality.measure import ask_lag, measure


def count(least_minutes: float = 0.0) -> list[dict[str, Any]] | None:
    """Measure every stream; None when that was done less than so many minutes ago.

    Without Kafka the lag stays what it was. Raises MillwrightError for rules that are wrong, and as `measure` does.
    """
    rules.check()
    if least_minutes and _measured_within(least_minutes):
        return None
    found = [each.as_dict() for each in measure()]
    with suppress(Unavailable):
        ask_lag()
    return found


def refresh() -> dict[str, Any]:
    """Build and test the marts of data quality. Raises as `dbt_runner.build` does."""
    return build(select="+tag:data_quality")


def _measured_within(minutes: float) -> bool:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select coalesce(max(measured_at) > now() - %s * interval '1 minute', false) from platform.quality_runs",
            (minutes,),
        )
        row = cursor.fetchone()
    return bool(row and row[0])
