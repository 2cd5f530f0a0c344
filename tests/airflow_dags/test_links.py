"""The buttons of tasks, worked out from what the task returned."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from airflow_dags.links import DOCS, DRIFT, RUN, VERSION, dashboard
from millwright.settings import ROOT, settings


@pytest.fixture(autouse=True)
def addresses(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_MLFLOW_PUBLIC_URL", "https://mlflow.example")
    monkeypatch.setenv("MILLWRIGHT_PREVIEW_PUBLIC_URL", "https://preview.example/")
    settings.cache_clear()
    yield
    settings.cache_clear()


def to(link, made):
    instance = SimpleNamespace(task_id="t", map_index=0, xcom_pull=lambda task_ids, map_indexes: made)
    return link.get_link(None, ti_key=instance)


def test_a_training_leads_to_its_run_and_its_version():
    made = {"model": "failure", "version": 3, "run_id": "abc"}
    assert to(RUN, made) == "https://mlflow.example/#/runs/abc"
    assert to(VERSION, made) == "https://mlflow.example/#/models/failure/versions/3"


def test_a_task_that_made_nothing_to_be_seen_has_no_address():
    for link in (RUN, VERSION, DRIFT):
        assert to(link, {"trained": False, "reason": "Too little history."}) == ""
        assert to(link, None) == ""


def test_a_report_leads_to_its_page():
    assert to(DRIFT, {"report": "#/experiments/1/runs/abc"}) == "https://mlflow.example/#/experiments/1/runs/abc"


def test_dashboards_and_docs_are_the_previews_unless_told_otherwise(monkeypatch):
    assert to(DOCS, {"made": True}) == "https://preview.example/dbt/"
    assert to(dashboard("data_platform"), [1]) == "https://preview.example/#/data_platform"
    monkeypatch.setenv("MILLWRIGHT_DASHBOARDS_PUBLIC_URL", "https://bi.example")
    settings.cache_clear()
    assert to(dashboard("data_platform"), [1]) == "https://bi.example"


def test_every_dashboard_that_a_button_leads_to_exists():
    used = re.findall(r'dashboard\("(\w+)"\)', "".join(p.read_text() for p in (ROOT / "airflow_dags").glob("*.py")))
    assert used
    assert all((ROOT / "dashboards" / "boards" / f"{name}.yml").exists() for name in used)
