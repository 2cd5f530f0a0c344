"""A registry of models of the test's own: model names are the plant's, versions begin with 1."""

from __future__ import annotations

import shutil
import uuid
from typing import Any

import pytest
import yaml

from millwright.settings import settings
from ml.spec.failure import FailureSpec
from ml.spec.load import SPECS, parse_spec


def make_spec(**changes) -> dict:
    """failure.yml with one candidate of fewer rounds."""
    raw: dict[str, Any] = yaml.safe_load((SPECS / "failure.yml").read_text())
    raw["candidates"] = [{"name": "xgboost", "parameters": raw["candidates"][0]["parameters"] | {"rounds": 40}}]
    raw["promote"] |= {"samples": 20}
    return raw | changes


@pytest.fixture
def spec() -> FailureSpec:
    """failure.yml with fewer rounds."""
    return parse_spec(make_spec(), "test")


@pytest.fixture
def spec_file(tmp_path):
    """A spec file whose model's name is of this test alone, and a way to write it anew."""
    name = f"failure-{uuid.uuid4().hex[:8]}"

    def write(**changes) -> str:
        path = tmp_path / "test.yml"
        path.write_text(yaml.safe_dump(make_spec(name=name, **changes)))
        return str(path)

    return write


@pytest.fixture(scope="session")
def empty_registry(tmp_path_factory):
    """A registry's file with MLflow's tables and nothing else, made once: its migrations cost seconds each time."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("registry") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}")
    return path


@pytest.fixture
def without_the_stack(tmp_path, monkeypatch, empty_registry):
    """Settings of a machine on which nothing runs: no warehouse, no MLflow; gives the state's folder."""
    for name in ("MILLWRIGHT_MLFLOW_URL", "MLFLOW_TRACKING_URI", "MILLWRIGHT_DATABASE_URL", "DB_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("MILLWRIGHT_MLFLOW_PORT", "1")
    (tmp_path / "state" / "registry").mkdir(parents=True)
    shutil.copy(empty_registry, tmp_path / "state" / "registry")
    settings.cache_clear()
    yield tmp_path / "state"
    monkeypatch.undo()
    settings.cache_clear()
