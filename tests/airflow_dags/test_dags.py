"""The policy that every DAG keeps."""

from __future__ import annotations

import ast
import importlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from millwright.settings import ROOT

FOLDER = ROOT / "airflow_dags"
DAG_FILES = sorted(p for p in FOLDER.glob("*.py") if p.name not in {"__init__.py", "assets.py", "bronze_trigger.py"})
STAGES = ("streaming", "spark_jobs", "quality", "ml", "infra")


@pytest.fixture(scope="module")
def dags():
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(str(FOLDER))
    assert bag.import_errors == {}
    return bag.dags


def test_these_are_the_dags(dags):
    assert set(dags) == {
        "streaming_to_batch_etl",
        "near_real_time",
        "dbt_transformations",
        "ml_model_training",
        "ml_batch_prediction",
        "lake_maintenance",
        "data_quality",
        "reports",
    }


def test_each_dag_keeps_the_defaults(dags):
    for dag in dags.values():
        assert dag.owner == "data-eng", dag.dag_id
        assert (dag.catchup, dag.max_active_runs) == (False, 1), dag.dag_id
        assert dag.start_date == datetime(2025, 1, 1, tzinfo=UTC), dag.dag_id
        assert dag.tags, dag.dag_id
        for task in dag.tasks:
            assert (task.retries, task.retry_delay) == (2, timedelta(minutes=5)), task


def test_each_dag_tells_the_operator_what_to_do_when_it_fails(dags):
    for dag in dags.values():
        assert "**When it fails**" in dag.doc_md, dag.dag_id
        assert "safe to run again" in dag.doc_md, dag.dag_id


def test_the_steps_follow_each_other(dags):
    def order(dag_id: str) -> list[str]:
        return [task.task_id for task in dags[dag_id].topological_sort()]

    assert order("streaming_to_batch_etl") == ["kafka_to_lake", "cleanse", "features", "load"]
    assert order("ml_model_training") == ["specs", "train"]
    assert order("lake_maintenance") == ["verify", "compact", "expire", "sweep", "sweep_silver", "expire_warehouse"]
    assert order("ml_batch_prediction") == ["specs", "predict", "refresh_marts"]
    assert order("reports") == ["specs", "monitor", "refresh_marts", "weekly_report"]
    assert order("data_quality") == ["measure", "refresh_marts", "raise_alerts"]


def test_assets_wake_the_dags_without_a_cycle(dags):
    makes = {i: {o.name.split("_if_")[0] for t in dag.tasks for o in t.outlets} for i, dag in dags.items()}
    wakes = {}
    for dag_id, dag in dags.items():
        condition = getattr(dag.timetable, "asset_condition", None)
        wakes[dag_id] = {a.name for a in getattr(condition, "objects", [condition])} if condition else set()
    assert wakes["dbt_transformations"] == {"raw"}
    assert wakes["near_real_time"] == {"bronze"}
    assert wakes["ml_batch_prediction"] == {"marts", "model"}
    assert wakes["ml_model_training"] == makes["reports"] == {"retrain"}
    assert wakes["data_quality"] == {"marts"}
    done: set[str] = set()
    while ready := {d for d in dags if d not in done and not {p for p in dags if makes[p] & wakes[d]} - done}:
        done |= ready
    assert done == set(dags), "assets form a cycle"


def test_lake_maintenance_cares_for_the_whole_lake(dags, lake, monkeypatch):
    from millwright.lake import list_bronze
    from millwright.settings import settings
    from millwright.store import lake_store
    from tests.streaming.lake_care.chain_writer import TOPIC, ChainWriter

    writer = ChainWriter(lake_store())
    for day in range(4):
        writer.publish(2, 1, day=day)
    tasks = {task.task_id: task.python_callable for task in dags["lake_maintenance"].tasks}
    assert [found["accepted"] for found in tasks["verify"]()] == [8]
    assert tasks["compact"]()[TOPIC]["replaced"] == 3
    assert "keeps everything" in tasks["expire"]()["reason"]
    monkeypatch.setenv("MILLWRIGHT_LAKE_RETENTION_DAYS", "30")
    settings.cache_clear()
    assert tasks["expire"]()[TOPIC] == {"files": 0, "records": 0, "unread": 1}  # nothing has been cleansed
    assert tasks["sweep"]() == 0
    assert [file.accepted for file in list_bronze(TOPIC)] == [6, 2]


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_a_dag_file_loads_no_stage_until_a_task_runs(path: Path):
    tree = ast.parse(path.read_text())
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {getattr(node, "module", None) or node.names[0].name for node in top}
    assert not {n for n in names if n.split(".")[0] in (*STAGES, "millwright")}


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_what_a_task_calls_exists(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in (*STAGES, "millwright"):
            module = importlib.import_module(node.module)
            for alias in node.names:
                if not hasattr(module, alias.name):
                    importlib.import_module(f"{node.module}.{alias.name}")
