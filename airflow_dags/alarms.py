"""Tells people, on the ways of the stream's alerts, that a run has failed or is late."""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import quote

log = logging.getLogger(__name__)


def tell_failed(context: Mapping[str, Any]) -> None:
    """A run has failed: its tasks have used up their retries. Airflow calls it once a run, in the dag-processor."""
    run, task = context.get("dag_run"), context.get("ti")
    dag_id, run_id = context["dag"].dag_id, context["run_id"]
    began = getattr(run, "run_after", None) or dt.datetime.now(dt.UTC)
    at = f" at {task.task_id}" if task is not None else ""
    tell(dag_id, run_id, began, "critical", f"The DAG {dag_id} failed{at}: its page has the runbook.")


async def tell_late(context: Mapping[str, Any], minutes: int) -> None:
    """A run is not through after so many minutes. Airflow calls it in the triggerer."""
    run = context["dag_run"]
    dag_id, queued = run["dag_id"], dt.datetime.fromisoformat(run["queued_at"] or run["run_after"])
    title = f"The DAG {dag_id} is not through after {minutes} minutes."
    await asyncio.to_thread(tell, dag_id, run["dag_run_id"], queued, "warning", title)


def tell(dag_id: str, run_id: str, time: dt.datetime, severity: Literal["warning", "critical"], title: str) -> None:
    """Send it on all configured ways; the same run told twice has the same key. What is not delivered is logged."""
    from millwright.alert import alert_id
    from millwright.notify import Notice
    from millwright.notify import tell as deliver
    from millwright.settings import settings

    config = settings()
    if config.alert_min_severity == "critical" and severity == "warning":
        return
    link = f"{config.airflow_link}/dags/{dag_id}/runs/{quote(run_id)}"
    number = alert_id(dag_id, run_id, "dag_run", severity, int(time.timestamp() * 1_000_000))
    about = {"dag_id": dag_id, "run_id": run_id, "link": link}
    outcomes = deliver([Notice(number, "raised", severity, f"{title} {link}", dt.datetime.now(dt.UTC), about)])
    for outcome in outcomes:
        level = logging.INFO if outcome.delivered else logging.ERROR
        log.log(level, "%s %s: %s", outcome.way, "told" if outcome.delivered else "could not tell", outcome.said)
    if not outcomes:
        log.warning("Nobody is told: neither webhook nor mail is configured. %s", title)
