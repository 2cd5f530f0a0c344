"""Every part at once: up, killed, healed. One start serves all of these tests."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from mlflow.tracking import MlflowClient

from infra.local import stack
from infra.local.parts import PARTS
from infra.local.status import status
from tests.stack import TestStack

_NAMES = [part.name for part in PARTS if part.name != "notify"]  # nobody is configured to be told


@pytest.fixture
def whole(own: TestStack) -> TestStack:
    os.environ["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] = "False"  # the DAGs' own work has tests of its own
    return own.start(*stack.wanted(own.settings))


def _airflow(whole: TestStack, path: str) -> Any:
    login = {"username": "admin", "password": whole.settings.secret("airflow_password")}
    token = httpx.post(f"{whole.settings.airflow}/auth/token", json=login).json()["access_token"]
    answer = httpx.get(f"{whole.settings.airflow}{path}", headers={"Authorization": f"Bearer {token}"})
    return answer.raise_for_status().json()


def _running(whole: TestStack) -> set[str]:
    return {state.part for state in status(whole.settings) if state.state == "running"}


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
    files = (Path(__file__).parents[3] / "airflow_dags").glob("*.py")
    expected = {path.stem for path in files if "@dag(" in path.read_text()}
    deadline = time.monotonic() + 120
    dags: list[dict[str, Any]] = []
    while missing := expected - {dag["dag_id"] for dag in dags}:  # Airflow's parser takes up one file after the other
        assert time.monotonic() < deadline, missing
        time.sleep(1)
        dags = _airflow(whole, "/api/v2/dags")["dags"]
    assert not any(dag["is_paused"] for dag in dags)
    assert _airflow(whole, "/api/v2/importErrors")["total_entries"] == 0


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


@pytest.mark.parametrize("killed", [("mlflow", "sink"), ("airflow-api", "alerts"), ("airflow-scheduler",)])
def test_a_killed_part_comes_back_and_the_others_stay(whole, killed):
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
    time.sleep(6)  # a daemon that lost its connection ends at its next beat, within 5 s
    assert _running(whole) == set(_NAMES)
