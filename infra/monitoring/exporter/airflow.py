"""Runs of the DAGs, read from Airflow's own database: its REST interface wants a person's password.

Airflow does not promise to keep these tables as they are; a test holds the queries against the version installed.
"""

from __future__ import annotations

from collections.abc import Iterable

import psycopg2

from infra.local import databases
from infra.monitoring.exporter.query import Query, ask, measure
from infra.monitoring.exporter.source import Sample, Source
from millwright.errors import Unavailable
from millwright.settings import settings

# Of the newest 30 days: the sum over a table that only grows would take longer every month.
_RUNS = Query(
    "dag_run",
    ("dag", "state"),
    (
        measure("dag_runs_30d", "Runs of the last 30 days.", "dag", "state"),
        measure("dag_last_end_timestamp_seconds", "When the newest run in this state ended.", "dag", "state"),
        measure("dag_last_seconds", "How long it took.", "dag", "state"),
    ),
    "select dag_id, state, count(*), extract(epoch from max(end_date)),"
    " extract(epoch from (array_agg(end_date - start_date order by end_date desc nulls last))[1])"
    " from dag_run where state in ('success', 'failed') and run_after > now() - interval '30 days'"
    " group by dag_id, state",
)

_RUNNING = Query(
    "dag_run",
    ("dag",),
    (measure("dag_running_since_timestamp_seconds", "When the oldest run that is under way began.", "dag"),),
    "select dag_id, extract(epoch from min(start_date)) from dag_run where state = 'running' group by dag_id",
)

_TASKS = Query(
    "task_instance",
    ("dag", "task"),
    (measure("task_last_seconds", "How long the task took in the newest run that succeeded.", "dag", "task"),),
    "select task.dag_id, task.task_id, max(task.duration) from task_instance as task join ("
    "select distinct on (dag_id) dag_id, run_id from dag_run where state = 'success'"
    " and run_after > now() - interval '30 days' order by dag_id, end_date desc) as newest using (dag_id, run_id)"
    " where task.state = 'success' group by 1, 2",
)

QUERIES = (_RUNS, _RUNNING, _TASKS)


def look() -> Iterable[Sample]:
    """Every DAG that has run. Raises Unavailable when the database does not answer."""
    address = settings().airflow_database_url or databases.url(settings(), "airflow")
    try:
        connection = psycopg2.connect(address.replace("+psycopg2", ""), connect_timeout=5)
    except psycopg2.OperationalError as error:
        raise Unavailable(f"Airflow's database does not answer: {str(error).splitlines()[0]}") from error
    try:
        connection.set_session(readonly=True)
        with connection.cursor() as cursor:
            yield from ask(cursor, QUERIES)
    finally:
        connection.close()


AIRFLOW = Source(
    "airflow-database", tuple(each for query in QUERIES for each in query.measures), look, "airflow-database"
)
