"""The policy that every DAG keeps."""

from __future__ import annotations

import ast
import importlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from airflow_dags.alarms import tell_failed
from millwright.settings import ROOT

FOLDER = ROOT / "airflow_dags"
BESIDE = {"__init__.py", "alarms.py", "assets.py", "bronze_trigger.py", "links.py", "refreshed.py"}
DAG_FILES = sorted(p for p in FOLDER.glob("*.py") if p.name not in BESIDE)
TAGS = {"etl", "streaming", "backfill", "dbt", "warehouse", "ml", "lake", "maintenance", "quality"}
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
        "recompute_days",
    }


def test_each_dag_keeps_the_defaults(dags):
    for dag in dags.values():
        assert dag.owner == "data-eng", dag.dag_id
        assert (dag.catchup, dag.max_active_runs) == (False, 1), dag.dag_id
        assert dag.start_date == datetime(2025, 1, 1, tzinfo=UTC), dag.dag_id
        assert dag.tags <= TAGS, dag.dag_id
        assert dag.tags, dag.dag_id
        assert dag.on_failure_callback is tell_failed, dag.dag_id
        assert dag.deadline, dag.dag_id
        for task in dag.tasks:
            assert (task.retries, task.retry_delay) == (2, timedelta(minutes=5)), task


def test_each_dag_tells_the_operator_what_to_do_when_it_fails(dags):
    for dag in dags.values():
        assert "**When it fails**" in dag.doc_md, dag.dag_id
        assert "**What wakes it**" in dag.doc_md, dag.dag_id
        assert "**Safe to run again**: " in dag.doc_md, dag.dag_id


def test_the_readme_has_each_dag_as_it_is(dags):
    rows = [
        [cell.strip() for cell in line.strip("|\n").split("|")]
        for line in (FOLDER / "README.md").read_text().splitlines()
        if line.startswith("| `") and ".py`" not in line and ".json`" not in line
    ]
    there = {}
    for dag_id, dag in dags.items():
        makes = sorted({f"`{o.name.split('_if_')[0]}`" for task in dag.tasks for o in task.outlets})
        woken = ", ".join(f"`{name}`" for name in sorted(wakes(dag)))
        there[f"`{dag_id}`"] = [f"`{clock(dag)}`" if clock(dag) else "", woken, ", ".join(makes)]
    assert {row[0]: row[1:4] for row in rows} == there
    assert all(len(row) == 5 and row[4] for row in rows)


def clock(dag) -> str:
    """The cron expression of the timed backstop, empty without one."""
    timetable = getattr(dag.timetable, "timetable", dag.timetable)
    return str(getattr(timetable, "expression", getattr(timetable, "_expression", "")))


def wakes(dag) -> set[str]:
    """The assets that wake a DAG."""
    condition = getattr(dag.timetable, "asset_condition", None)
    return {a.name for a in getattr(condition, "objects", [condition])} if condition else set()


def test_what_computes_waits_in_the_pool_and_the_pools_are_those_that_up_makes(dags):
    pools = json.loads((FOLDER / "pools.json").read_text())
    used = {f"{i}.{task.task_id}": task.pool for i, dag in dags.items() for task in dag.tasks}
    assert set(used.values()) <= {*pools, "default_pool"}
    assert pools["heavy"]["slots"] == 1
    heavy = {"cleanse", "features", "load", "dbt_build", "train", "predict", "monitor", "recompute", "refresh_marts"}
    assert {name for name, pool in used.items() if name.split(".")[1] in heavy and pool != "heavy"} == set()


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_only_what_is_backfilled_looks_at_the_date_of_its_run(path: Path):
    names = {node.arg for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.arg)}
    assert not names & {"ds", "logical_date", "data_interval_start", "data_interval_end", "ts"}
    assert ("dag_run" in names) == (path.stem == "recompute_days")


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_every_parameter_of_a_form_is_read_by_a_task(path: Path):
    tree = ast.parse(path.read_text())
    offered = {
        key.value
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "params" and isinstance(node.value, ast.Dict)
        for key in node.value.keys
        if isinstance(key, ast.Constant)
    }
    tasks = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    read = {node.value for node in ast.walk(tasks) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    in_decorator = {
        node.value for each in tasks.decorator_list for node in ast.walk(each) if isinstance(node, ast.Constant)
    }
    body = {node.value for each in tasks.body for node in ast.walk(each) if isinstance(node, ast.Constant)}
    assert offered <= (read & in_decorator & body)


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda p: p.stem)
def test_a_dag_file_does_nothing_but_wire_when_it_is_read(path: Path):
    """No call at the top but the DAG's own: what a file does there, it does each time that it is parsed."""
    tree = ast.parse(path.read_text())
    calls = [node for node in tree.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]
    assert [ast.unparse(call) for call in calls] == [f"{path.stem}()"]
    allowed = (ast.Expr, ast.Import, ast.ImportFrom, ast.FunctionDef, ast.Assign)
    assert all(isinstance(node, allowed) for node in tree.body)
    assigned = [node.value for node in tree.body if isinstance(node, ast.Assign)]
    assert not [call for value in assigned for call in ast.walk(value) if isinstance(call, ast.Call)]


def test_the_steps_follow_each_other(dags):
    def order(dag_id: str) -> list[str]:
        return [task.task_id for task in dags[dag_id].topological_sort()]

    assert order("streaming_to_batch_etl") == ["kafka_to_lake", "cleanse", "features", "load"]
    assert order("ml_model_training") == ["specs", "train", "announce", "all_trained"]
    assert order("lake_maintenance") == ["verify", "compact", "expire", "sweep", "sweep_silver", "expire_warehouse"]
    assert order("ml_batch_prediction") == ["specs", "predict", "refresh_marts"]
    assert order("reports") == ["specs", "monitor", "refresh_marts", "weekly_report"]
    assert order("recompute_days") == ["recompute", "load"]
    assert order("dbt_transformations") == ["dbt_build"]
    assert order("data_quality") == ["measure", "refresh_marts", "raise_alerts"]


def test_assets_wake_the_dags_without_a_cycle(dags):
    makes = {i: {o.name.split("_if_")[0] for t in dag.tasks for o in t.outlets} for i, dag in dags.items()}
    woken = {dag_id: wakes(dag) for dag_id, dag in dags.items()}
    assert woken["dbt_transformations"] == {"raw"}
    assert woken["near_real_time"] == {"bronze"}
    assert woken["ml_batch_prediction"] == {"marts", "model"}
    assert woken["ml_model_training"] == makes["reports"] == {"retrain"}
    assert woken["data_quality"] == {"marts"}
    done: set[str] = set()
    while ready := {d for d in dags if d not in done and not {p for p in dags if makes[p] & woken[d]} - done}:
        done |= ready
    assert done == set(dags), "assets form a cycle"


def test_only_a_round_that_the_marts_woke_waits_for_five_minutes_to_be_over(dags, monkeypatch):
    measure = dags["data_quality"].get_task("measure").python_callable
    monkeypatch.setattr("quality.run.count", lambda least_minutes: least_minutes)
    assert [measure(f"{how}__2026-11-27T22:00") for how in ("asset_triggered", "manual", "scheduled")] == [5, 0, 0]


def test_new_champions_of_one_training_wake_the_predictions_once(dags):
    training = dags["ml_model_training"]
    assert [task.task_id for task in training.tasks if task.outlets] == ["announce"]
    announce = training.get_task("announce").python_callable
    old = {"model": "quality", "version": 4, "promoted": False, "reason": "no better"}
    untrained = {"model": "anomaly", "trained": False, "reason": "too little"}
    new = [{"model": name, "version": 2, "promoted": True} for name in ("failure", "forecast")]
    events = list(announce([old, *new, untrained]))
    assert [dict(event.extra) for event in events] == [{"failure": 2, "forecast": 2}]
    assert list(announce([old, untrained])) == list(announce([])) == []


def test_a_training_of_which_one_spec_failed_is_told_and_is_a_failure(dags):
    training = dags["ml_model_training"]
    rules = {task.task_id: task.trigger_rule for task in training.tasks}
    assert (rules["announce"], rules["all_trained"]) == ("all_done", "all_success")


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
