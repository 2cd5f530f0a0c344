"""All that stands behind a prediction: who said it, from what, and what came of it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg2.errors

from millwright.errors import MillwrightError, NeverStarted
from millwright.warehouse import session
from ml.predictions import made_by
from ml.predictions.lineage import EVENTS, Wanted, behind, events
from ml.predictions.said import find, parse

_OUTCOME = """
select actual, failure_time, foretold_until from intermediate.int_prediction_outcomes where prediction_id = %s"""
_INSPECTED = """
select result, defect_type from raw.quality_inspections
where equipment_id = %(machine)s and event_time = %(until)s and inspection_id is not distinct from %(inspection)s"""
_MEASURED = """
select avg({channel}) from raw.sensor_readings
where equipment_id = %(machine)s and event_time >= %(hour)s and event_time < %(hour)s + interval '1 hour'"""


def explain(number: str) -> dict[str, Any]:
    """What is known of a prediction by its number (`12`, `anomaly:12`): kind, said, model, streams, events, outcome.

    Raises MillwrightError for a number that there is not and where there never was a warehouse, Unavailable where it
    does not answer; without the registry `model.unknown` says so.
    """
    task, at = parse(number)
    try:
        with session() as connection, connection.cursor() as cursor:
            said = find(cursor, task, at)
    except NeverStarted:
        raise MillwrightError(
            "`millwright explain` is about predictions in the warehouse, and there is none here: of those in a file"
            " (--output), the column factors holds the reasons.",
            "For a warehouse run `millwright up`, or name your own (docs/settings.md).",
        ) from None
    about = made_by.version(said["model_name"], said["model_version"])
    with session() as connection, connection.cursor() as cursor:
        wanted = _wanted(task, said, made_by.reach_hours(made_by.spec_of(about, said["model_name"])))
        streams = [stream for stream in made_by.STREAMS[task] if stream != EVENTS]
        return {
            "kind": task,
            "said": said,
            "model": about,
            "streams": [behind(cursor, stream, wanted) for stream in streams],
            "events": events(cursor, wanted) if EVENTS in made_by.STREAMS[task] else [],
            "outcome": _outcome(cursor, task, at, said, wanted),
        }


def _wanted(task: str, said: dict[str, Any], hours: float) -> Wanted:
    """A machine's rows up to the moment that the prediction speaks from."""
    until = said["event_time"] if said.get("event_time") else said["data_watermark"]
    if task == "quality":
        since, inspection = until - dt.timedelta(microseconds=1), said["inspection_id"]
    else:
        since, inspection = until - dt.timedelta(hours=hours), None
    said_at = next(said[name] for name in ("predicted_at", "detected_at", "made_at") if name in said)
    return Wanted(said["equipment_id"], since, until, said_at, inspection)


def _outcome(cursor: Any, task: str, at: int, said: dict[str, Any], wanted: Wanted) -> dict[str, Any] | None:
    """What came of it; None while nobody knows, or where nothing tells."""
    if task == "failure":
        found = _row(cursor, _OUTCOME, (at,))
        return found if found is not None and found["actual"] is not None else None
    if task == "quality":
        return _row(cursor, _INSPECTED, vars(wanted))
    if task == "forecast":
        hour = said["forecast_time"].replace(minute=0, second=0, microsecond=0)
        column = '"' + said["channel"].replace('"', '""') + '"'
        found = _row(cursor, _MEASURED.format(channel=column), {"machine": wanted.machine, "hour": hour})
        return None if found is None or found["avg"] is None else {"measured": found["avg"]}
    return None


def _row(cursor: Any, query: str, values: Any) -> dict[str, Any] | None:
    cursor.execute("savepoint asked")
    try:
        cursor.execute(query, values)
    except (psycopg2.errors.UndefinedTable, psycopg2.errors.UndefinedColumn):
        cursor.execute("rollback to savepoint asked")  # dbt has not run yet, or the channel is not of the plant
        return None
    row = cursor.fetchone()
    return None if row is None else {c.name: value for c, value in zip(cursor.description, row, strict=True)}
