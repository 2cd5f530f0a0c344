"""The whole stack: Airflow's own scheduler takes readings to predictions; then its parts are killed and healed.

One start serves all of these tests, and in this order: no service is at work while Airflow's tables are compared.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from mlflow.tracking import MlflowClient

from infra.local import stack
from infra.local.demo.airflow import Airflow
from infra.local.demo.run import DAGS, SPECS
from infra.local.parts import PARTS
from infra.local.status import status
from infra.monitoring.exporter.airflow import look as dag_runs
from infra.monitoring.trace import Record, of_stack, way
from millwright.settings import settings_with
from millwright.warehouse import session
from tests.e2e import plant
from tests.e2e.airflow_page import CHROMIUM, logged_in
from tests.public_data import data_folder
from tests.stack import TestStack

_NAMES = [part.name for part in PARTS if part.name != "notify"]  # nobody is configured to be told
_AIRFLOW = ("airflow-triggerer", "airflow-dag-processor", "airflow-scheduler", "airflow-api")
_ALL_DAGS = ("streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "ml_batch_prediction")
_SHARED = {"postgres", "kafka", "registry"}  # that the tests after these go on with


@pytest.fixture(scope="module")
def airflow(services: TestStack) -> Iterator[Airflow]:
    """The session's Airflow; its processes see the settings that the session began with, not a test's own."""
    services.start("topics", "schemas")
    # A DAG that is new runs once at once: what tests before this one have sent is not to be landed by it.
    plant.empty_topics()
    shutil.rmtree(services.settings.lake.removeprefix("file://"), ignore_errors=True)
    # Nothing is waited for that is certain not to come: half a minute a round.
    with settings_with(micro_batch_idle_seconds="3", micro_batch_seconds="3"):
        try:
            services.start(*_AIRFLOW, "mlflow", "reference")
            client = Airflow()
            client.wait_for_dags(DAGS)
            client.settle(datetime.now(UTC).isoformat(), lambda at_work: None)
            yield client
        finally:  # the tests after this one need the processor
            for name in reversed([name for name in _NAMES if name not in _SHARED]):
                services.stop(name)


def run(airflow: Airflow, *dag_ids: str) -> None:
    """These DAGs, as a person would start them, and whatever their assets wake."""
    for dag_id in dag_ids:
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


# A limit against a hang, the start of Airflow included; alone it takes eight minutes.
@pytest.mark.timeout(2700)
def test_from_topic_to_prediction_and_nothing_changes_the_second_time(airflow: Airflow, tmp_path: Path):
    assert "MILLWRIGHT_DATABASE_URL" not in os.environ
    send_history(tmp_path)
    run(airflow, *_ALL_DAGS, "data_quality")
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

    # Alerts that data quality sent of the first run land now, as any records do, and models learn from them. It is
    # also run by hand: what wakes it may come within five minutes of its last round, and is not measured then.
    run(airflow, "streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "data_quality")
    schemas = ("raw", "intermediate", "marts", "ml")
    before, files = plant.tables(*schemas), plant.lake_files()
    run(airflow, *_ALL_DAGS)
    assert plant.tables(*schemas) == before
    assert plant.lake_files() == files


@pytest.fixture
def whole(airflow: Airflow, services: TestStack) -> TestStack:
    """All parts, the services too."""
    return services.start(*stack.wanted(services.settings))


def _airflow(whole: TestStack, path: str) -> Any:
    login = {"username": "admin", "password": whole.settings.secret("airflow_password")}
    token = httpx.post(f"{whole.settings.airflow}/auth/token", json=login, timeout=60).json()["access_token"]
    answer = httpx.get(f"{whole.settings.airflow}{path}", timeout=60, headers={"Authorization": f"Bearer {token}"})
    return answer.raise_for_status().json()


def _running(whole: TestStack) -> set[str]:
    return {state.part for state in status(whole.settings) if state.state == "running"}


def _await_answers(whole: TestStack) -> None:
    """One that has ended never answers; one whose answer waits behind the tasks of two test processes does."""
    deadline = time.monotonic() + 90
    while silent := {state.part: state.state for state in status(whole.settings) if state.state != "running"}:
        assert "stopped" not in silent.values(), silent
        assert time.monotonic() < deadline, silent
        time.sleep(1)


def test_every_part_answers_and_tells_its_memory(whole):
    states = status(whole.settings)
    assert [state.part for state in states] == _NAMES
    assert {state.state for state in states} == {"running"}
    assert all(state.memory_mb and state.memory_mb > 10 for state in states)


def test_a_second_up_leaves_every_process_alone_and_takes_seconds(whole):
    before = {name: whole.pid(name) for name in _NAMES}
    begun = time.monotonic()
    stack.up(whole.settings)
    assert {name: whole.pid(name) for name in _NAMES} == before
    assert time.monotonic() - begun < 20  # measured: 1 s; 20 on a machine that does much else


def test_every_part_listens_on_127_0_0_1_only(whole):
    for name in _NAMES:
        for process in stack.supervised(whole.settings, name).members():
            connections: list[Any] = []
            with contextlib.suppress(psutil.NoSuchProcess):  # a task of Airflow's that has just ended
                connections = process.net_connections("inet")
            for connection in connections:
                if connection.status == psutil.CONN_LISTEN:
                    assert connection.laddr.ip.removeprefix("::ffff:") == "127.0.0.1", (name, connection)


def test_the_dags_are_found_and_not_paused(whole):
    files = (Path(__file__).parents[2] / "airflow_dags").glob("*.py")
    expected = {path.stem for path in files if "@dag(" in path.read_text()}
    deadline = time.monotonic() + 120
    dags: list[dict[str, Any]] = []
    while missing := expected - {dag["dag_id"] for dag in dags}:  # Airflow's parser takes up one file after the other
        assert time.monotonic() < deadline, missing
        time.sleep(1)
        dags = _airflow(whole, "/api/v2/dags")["dags"]
    assert not any(dag["is_paused"] for dag in dags)
    assert _airflow(whole, "/api/v2/importErrors")["total_entries"] == 0


@pytest.mark.skipif(CHROMIUM is None, reason="Needs Debian's package chromium.")
@pytest.mark.timeout(1500)
def test_an_operator_reads_a_runbook_fills_a_form_sees_the_run_go_green_and_follows_its_button(whole):
    with logged_in(whole.settings.airflow, whole.settings.secret("airflow_password")) as page:
        assert page.dags() >= {"recompute_days", "dbt_transformations", "ml_model_training"}
        assert "When it fails" in page.runbook("dbt_transformations")
        run = page.trigger("dbt_transformations", select="dim_date")
        docs = page.link(run, "dbt_build", "dbt docs")
        assert docs.url.startswith(whole.settings.preview_link)
        docs.get_by_text("Projects").first.wait_for()


def test_a_dag_sees_the_settings_in_force(whole):
    environment = psutil.Process(whole.pid("airflow-scheduler")).environ()
    assert environment["MILLWRIGHT_STATE_DIR"] == str(whole.state_dir)
    assert environment["MILLWRIGHT_KAFKA_PORT"] == str(whole.settings.kafka_port)
    assert environment["OMP_NUM_THREADS"] == "1"


def test_all_parts_killed_at_once_come_back_with_what_they_held(whole):
    experiment = MlflowClient(whole.settings.mlflow).create_experiment(f"kept-{time.time()}")
    for name in _NAMES:
        psutil.Process(whole.pid(name)).kill()
    assert _running(whole) == set()
    stack.up(whole.settings)
    assert _running(whole) == set(_NAMES)
    assert MlflowClient(whole.settings.mlflow).get_experiment(experiment).name.startswith("kept-")
    assert len(_airflow(whole, "/api/v2/dags")["dags"]) >= 4


def test_killed_parts_come_back_and_the_others_stay(whole):
    killed = ("mlflow", "sink", "airflow-api")
    before = {other: whole.pid(other) for other in _NAMES if other not in killed}
    for name in killed:
        whole.kill(name)
    stack.up(whole.settings)
    assert _running(whole) == set(_NAMES)
    assert {other: whole.pid(other) for other in _NAMES if other not in killed} == before


def test_after_a_killed_postgres_everything_answers_again(whole):
    whole.kill("postgres")
    stack.up(whole.settings)
    assert _running(whole) == set(_NAMES)
    time.sleep(6)  # a daemon that lost its connection ends at its next beat, within 5 s; nothing starts it anew
    _await_answers(whole)
