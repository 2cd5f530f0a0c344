"""A warehouse in which a little of everything has happened, and Airflow's tables as the version installed makes them.

| fixture | gives |
|---|---|
| `lived_in` | the warehouse's address; both of the exporter's databases are in it |
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest
import sqlalchemy

from millwright.settings import settings_with
from tests.airflow_home import set_airflow_home

set_airflow_home()

_DID = """
insert into platform.loads (table_name, silver_version, silver_id, columns, rows_inserted)
    values ('sensor_readings', 1, 'a', '{}', 10);
insert into platform.silver_commits values
    ('equipment-sensors', 'a', 1, now() - interval '1 hour', 100, 90, 10, 3, now(), 1);
create table platform.dbt_runs (invocation_id text, command text, selected text, started_at timestamptz,
    finished_at timestamptz, succeeded bigint, failed bigint, skipped bigint);
insert into platform.dbt_runs values ('i', 'build', '', now() - interval '90 s', now() - interval '60 s', 200, 2, 0);
insert into platform.quality_alerts (alert_id, state, about, "window", alert) values
    ('1', 'raised', '{equipment-sensors,freshness,""}', now(), '{"severity": "critical"}'),
    ('2', 'raised', '{equipment-sensors,volume,""}', now(), '{"severity": "critical"}'),
    ('2', 'cleared', '{equipment-sensors,volume,""}', now(), '{"severity": "critical"}');
create schema marts;
create table marts.mart_data_freshness (stream text, machine text, allowed_seconds double precision, is_judged boolean);
insert into marts.mart_data_freshness values ('equipment-sensors', null, 900, true),
    ('equipment-sensors', 'M1', 700, true), ('equipment-assets', null, 9, false);
insert into ml.promotions (model_name, to_version, decided_at, promoted, reason) values
    ('failure', 1, now() - interval '9 days', true, ''), ('failure', 2, now() - interval '8 days', false, ''),
    ('failure', 3, now() - interval '7 days', true, ''), ('failure', 4, now() - interval '1 day', false, ''),
    ('failure', 5, now(), false, ''), ('new', 1, now(), false, '');
insert into ml.monitoring (model_name, model_version, window_start, window_end, data_watermark, current_rows,
    drift_share, breached, retrain) values
    ('failure', 3, '2026-01-01', '2026-01-08', now(), 5, 0.1, false, false),
    ('failure', 3, '2026-01-08', '2026-01-15', now(), 5, 0.6, true, true);
insert into ml.predictions (model_name, model_version, equipment_id, data_watermark, horizon_hours, probability,
    threshold, predicted) values ('failure', 3, 'M1', now(), 24, 0.5, 0.4, true);
insert into dag_run (id, dag_id, run_id, run_type, state, run_after, start_date, end_date) values
    (1, 'hourly', 'a', 'scheduled', 'success', now(), now() - interval '600 s', now() - interval '540 s'),
    (2, 'hourly', 'b', 'scheduled', 'failed', now(), now() - interval '300 s', now() - interval '290 s'),
    (3, 'daily', 'c', 'scheduled', 'running', now(), now() - interval '4 hours', null),
    (4, 'old', 'd', 'scheduled', 'failed', now() - interval '31 days', now(), now());
insert into task_instance (id, task_id, dag_id, run_id, state, duration, map_index, pool) values
    (gen_random_uuid(), 'load', 'hourly', 'a', 'success', 42, -1, 'p'),
    (gen_random_uuid(), 'load', 'hourly', 'b', 'failed', 7, -1, 'p');
"""


def _airflow_tables(address: str) -> None:
    """dag_run and task_instance with the columns and types of Airflow's models, without keys to other tables."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance

    copies = sqlalchemy.MetaData()
    for model in (DagRun, TaskInstance):
        columns = [sqlalchemy.Column(each.name, each.type) for each in model.__table__.columns]
        sqlalchemy.Table(model.__tablename__, copies, *columns)
    copies.create_all(sqlalchemy.create_engine(address.replace("postgresql://", "postgresql+psycopg2://")))


@pytest.fixture
def lived_in(fresh_database: str) -> Iterator[str]:
    _airflow_tables(fresh_database)
    connection = psycopg2.connect(fresh_database)
    with connection, connection.cursor() as cursor:
        cursor.execute(_DID)
    connection.close()
    with settings_with(airflow_database_url=fresh_database):
        yield fresh_database
