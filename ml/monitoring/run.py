"""Judges a champion by the windows of live data since it was trained, and says whether to retrain it."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg2.errors

from millwright.warehouse import session
from ml.monitoring import drift, live, record
from ml.monitoring.inputs import between, inputs
from ml.monitoring.rule import LOOKED_AT, breaches, retrain
from ml.monitoring.version import Version, registered
from ml.monitoring.windows import Window, windows
from ml.predictions.champion import Champion, champion
from ml.predictions.run import moment
from ml.spec.load import load_spec
from ml.spec.monitoring import Monitoring
from ml.task import task


def run(spec: str = "failure") -> dict[str, Any]:
    """Write the reports of the newest window and one row of `ml.monitoring` for each of the last five.

    Gives monitored, model, version, run_id, report (its page, below MLflow's address), retrain, changed (rows written)
    and windows, the oldest first, each with start, end, drift_share, drifted, judged, scores, breached, reasons.
    Without a champion, or before a window is over, monitored is false and there is a reason. Raises Unavailable without
    MLflow or the warehouse.
    """
    from ml.sources.missing import Missing

    asked = load_spec(spec)
    if asked.alone:
        return _nothing(asked.name, f"The data of {asked.name!r} come from files: nothing new comes in.")
    found = champion(spec)
    if found is None:
        return _nothing(
            asked.name, f"The model {asked.name!r} has no champion yet; `millwright train {spec}` makes one."
        )
    try:
        data = task(found.spec.task).read(found.spec)
    except Missing as error:
        return _nothing(asked.name, str(error))
    if data.watermark is None:
        return _nothing(asked.name, f"{found.spec.place} holds no readings yet.")
    with registered(found) as version:
        now = moment(data.watermark, found.name).to_pydatetime()
        days = asked.monitoring.window_days
        wanted = windows(version.learned_until, now, days, LOOKED_AT)
        if not wanted:
            return _nothing(
                asked.name,
                f"No window of {days} days is over since version {found.version} was trained, on"
                f" data up to {version.learned_until:%Y-%m-%d %H:%M} UTC.",
            )
        return _judge(found, version, asked.monitoring, inputs(found.model, data, found.spec), wanted, now)


def _judge(
    found: Champion, version: Version, limits: Monitoring, frame: pd.DataFrame, wanted: list[Window], now: dt.datetime
) -> dict[str, Any]:
    reference = version.reference(frame)
    with session() as connection, connection.cursor() as cursor:
        drifts = record.drifts(cursor, found.name, found.version)
    for window in wanted:
        if window.start not in drifts:
            rows = between(frame, window.begins, window.ends).drop(columns="time")
            with tempfile.TemporaryDirectory() as folder:
                newest = Path(folder) if window is wanted[-1] else None  # a report of the past is read by nobody
                drifts[window.start] = drift.report(reference, rows, limits.drift_distance, newest)
                if newest is not None and any(newest.iterdir()):
                    version.keep(newest, window.start.isoformat())
    with session() as connection, connection.cursor() as cursor:
        lives = {window.start: _live(cursor, found, window) for window in wanted}
        judged: list[record.Row] = []
        for window in wanted:
            what, how = drifts[window.start], lives[window.start]
            reasons = breaches(what.share, how, limits)
            due = retrain([*(bool(row.reasons) for row in judged), bool(reasons)])
            judged.append(record.Row(found.name, found.version, window, now, what, how, reasons, due, version.run_id))
        changed = record.write(cursor, judged)
    return {
        "monitored": True,
        "model": found.name,
        "version": found.version,
        "run_id": version.run_id,
        "report": version.page(judged[-1].window.start.isoformat()),
        "retrain": judged[-1].retrain,
        "changed": changed,
        "windows": [_said(row) for row in judged],
    }


def _live(cursor: Any, found: Champion, window: Window) -> live.Live:
    cursor.execute("savepoint asked")
    try:
        return live.read(cursor, found.name, found.version, window)
    except psycopg2.errors.UndefinedTable:
        cursor.execute("rollback to savepoint asked")  # dbt has not run since predictions were made
        return live.Live(0, 0, {})


def _said(row: record.Row) -> dict[str, Any]:
    return {
        "start": row.window.start.isoformat(),
        "end": row.window.end.isoformat(),
        "drift_share": row.drift.share,
        "drifted": row.drift.drifted,
        "judged": row.live.judged,
        "scores": row.live.scores,
        "breached": bool(row.reasons),
        "reasons": row.reasons,
    }


def _nothing(name: str, reason: str) -> dict[str, Any]:
    return {"monitored": False, "model": name, "retrain": False, "changed": 0, "windows": [], "reason": reason}
