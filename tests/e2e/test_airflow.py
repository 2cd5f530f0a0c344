"""Airflow's own scheduler takes readings to predictions; a second run of every DAG changes no row."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from infra.local import stack
from infra.local.demo.airflow import Airflow
from infra.local.demo.run import DAGS, SPECS
from infra.monitoring.exporter.airflow import look as dag_runs
from infra.monitoring.trace import Record, of_stack, way
from millwright.settings import settings_with
from millwright.warehouse import session
from tests.e2e import plant
from tests.public_data import data_folder


@pytest.fixture(scope="module")
def airflow(services) -> Iterator[Airflow]:
    """The session's Airflow; its processes see the settings that the session began with, not a test's own."""
    services.start("topics", "schemas")
    # A DAG that is new runs once at once: what tests before this one have sent is not to be landed by it.
    plant.empty_topics()
    shutil.rmtree(services.settings.lake.removeprefix("file://"), ignore_errors=True)
    parts = ("airflow-triggerer", "airflow-dag-processor", "airflow-scheduler", "airflow-api")
    # Nothing is waited for that is certain not to come: half a minute a round.
    with settings_with(micro_batch_idle_seconds="3", micro_batch_seconds="3"):
        services.start(*parts, "mlflow", "reference")
    client = Airflow()
    client.wait_for_dags(DAGS)
    client.settle(datetime.now(UTC).isoformat(), lambda at_work: None)
    yield client
    stack.down(services.settings, parts)  # the tests after this one need the processor


def run_all(airflow: Airflow) -> None:
    """Every DAG, as a person would start them; assets may wake some of them as well."""
    for dag_id in ("streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "ml_batch_prediction"):
        since = datetime.now(UTC).isoformat()
        airflow.trigger(dag_id, **({"specs": SPECS} if dag_id == "ml_model_training" else {}))
        airflow.settle(since, lambda at_work: None)


def send_history(folder: Path) -> None:
    """The public sample where it is at hand, else the plant of the demo: 20 machines with readings in either."""
    if "MILLWRIGHT_DATA_DIR" in os.environ:
        plant.millwright("replay", "azure-pdm", str(data_folder("azure_pdm")))
    else:
        plant.simulate(folder, machines=20, days=90)


def a_record() -> Record:
    """Where Kafka had some row of the warehouse."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select _partition, _offset from raw.sensor_readings order by _load_id desc limit 1")
        partition, offset = cursor.fetchone()
    return Record("equipment-sensors", partition, offset)


@pytest.mark.timeout(1500)
def test_from_topic_to_prediction_and_nothing_changes_the_second_time(airflow: Airflow, tmp_path: Path):
    assert "MILLWRIGHT_DATABASE_URL" not in os.environ
    send_history(tmp_path)
    run_all(airflow)
    assert plant.rows("raw.sensor_readings") > 40_000
    assert plant.rows("ml.promotions where promoted and model_name = 'failure'") == 1
    assert plant.rows("ml.predictions where model_name = 'failure'") == 20
    assert plant.rows("marts.mart_predictive_maintenance where predicted_failure_prob is not null") == 20
    if "MILLWRIGHT_DATA_DIR" in os.environ:
        # The protocol of the public sample, through the whole platform (docs/models.md).
        reached = "(metrics->'model'->>'average_precision')::float >= .99 and (metrics->'model'->>'f1')::float >= .9"
        assert plant.rows(f"ml.promotions where model_name = 'failure' and {reached}") == 1

    # Monitoring, on what really happened: runs by the DAGs' names, and one record's way through the logs of the tasks.
    runs = {labels for figure, labels, _ in dag_runs() if figure.name == "millwright_dag_runs_30d"}
    assert {("streaming_to_batch_etl", "success"), ("ml_batch_prediction", "success")} <= runs
    steps = [line.sentence for line in way(a_record(), of_stack())]
    assert steps[:3] == ["published", "cleansed", "loaded"]
    assert "predicted" in steps[3:]

    run_all(airflow)  # alerts that data quality sent of the first run land now, as any records do
    schemas = ("raw", "intermediate", "marts", "ml")
    before, files = plant.tables(*schemas), plant.lake_files()
    run_all(airflow)
    assert plant.tables(*schemas) == before
    assert plant.lake_files() == files
