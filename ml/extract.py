"""What the warehouse knows, as data frames."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from millwright.errors import MillwrightError
from millwright.warehouse import engine

_METRICS = "select * from intermediate.int_equipment_metrics_hourly"
_EVENTS = "select equipment_id, event_time, kind, code, component from marts.fact_equipment_events"
_EQUIPMENT = "select equipment_id, model, equipment_type, commissioned_at from marts.dim_equipment where is_current"
_WATERMARK = "select max(last_reading_time) from intermediate.int_equipment_metrics_hourly"


@dataclass(frozen=True)
class Frames:
    """`metrics`: one row per machine and hour; `events`: one per event; `equipment`: one per machine.

    `watermark` is the time of the plant's newest reading, None without readings.
    """

    metrics: pd.DataFrame
    events: pd.DataFrame
    equipment: pd.DataFrame
    watermark: dt.datetime | None


def extract(days: float | None = None) -> Frames:
    """Read the marts: all hours, or those of the last `days` before the watermark; events always whole.

    Raises MillwrightError when dbt has not made the marts yet, Unavailable without a warehouse.
    """
    try:
        with engine().connect().execution_options(isolation_level="REPEATABLE READ") as connection:
            watermark = connection.execute(text(_WATERMARK)).scalar()
            query, values = _METRICS, {}
            if days is not None and watermark is not None:
                query += " where last_reading_time > :since"
                values = {"since": watermark - dt.timedelta(days=days)}
            return Frames(
                metrics=pd.read_sql(text(query), connection, params=values),
                events=pd.read_sql(text(_EVENTS), connection),
                equipment=pd.read_sql(text(_EQUIPMENT), connection),
                watermark=watermark,
            )
    except ProgrammingError as error:
        missing = str(error.orig).splitlines()[0]
        raise MillwrightError(
            f"The warehouse has no marts to learn from: {missing}.", "Run the DAG dbt_transformations, or `dbt build`."
        ) from None
