"""Airflow's own scheduler takes readings to predictions; a second run of every DAG changes no row."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local.demo.airflow import Airflow
from infra.local.demo.run import DAGS
from tests.e2e import plant


@pytest.fixture(scope="module")
def airflow(services) -> Airflow:
    """The session's Airflow; its processes see the settings that the session began with, not a test's own."""
    services.start(
        "airflow-api", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "mlflow", "reference"
    )
    services.start("topics", "schemas")
    client = Airflow()
    client.wait_for_dags(DAGS)
    return client


def run_all(airflow: Airflow) -> None:
    """Every DAG, as a person would start them; assets may wake some of them as well."""
    for dag_id in ("streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "ml_batch_prediction"):
        since = datetime.now(UTC).isoformat()
        airflow.trigger(dag_id)
        airflow.settle(since, lambda at_work: None)


def test_from_topic_to_prediction_and_nothing_changes_the_second_time(airflow: Airflow, tmp_path: Path):
    assert "MILLWRIGHT_DATABASE_URL" not in os.environ
    plant.empty_topics()
    plant.simulate(tmp_path, machines=8, days=40)
    run_all(airflow)
    assert plant.rows("raw.sensor_readings") == 8 * 40 * 144
    assert plant.rows("ml.predictions") == 8
    assert plant.rows("marts.mart_predictive_maintenance") == 8

    schemas = ("raw", "intermediate", "marts", "ml")
    before, files = plant.tables(*schemas), plant.lake_files()
    run_all(airflow)
    assert plant.tables(*schemas) == before
    assert plant.lake_files() == files
