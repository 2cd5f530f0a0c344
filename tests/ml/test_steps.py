"""Training and prediction with a real warehouse and a real MLflow."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from millwright.errors import Unavailable
from millwright.settings import settings
from ml import steps, workspace
from ml.predictions import run as predict
from ml.spec.load import load_spec
from tests.ml.plant import fill, plant, rows

pytestmark = pytest.mark.usefixtures("mlflow")


def versions(name: str) -> list[int]:
    from ml.registry.client import connected

    with connected() as client:
        return sorted(int(v.version) for v in client.search_model_versions(f"name = '{name}'"))


def alias(name: str, which: str) -> int | None:
    from ml.registry.client import connected
    from ml.registry.load import version_of

    with connected() as client:
        return version_of(client, name, which)


def killed(what: str, failpoint: str) -> None:
    """Run a step in a process of its own, which the failpoint has to kill."""
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint}
    done = subprocess.run([sys.executable, "-c", what], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == -9, done.stderr


@pytest.fixture
def plant_in_warehouse(fresh_database):
    fill(fresh_database, plant())
    return fresh_database


def test_a_champion_is_made_once_and_predicts_once_for_every_machine_that_is_not_silent(plant_in_warehouse, spec_file):
    spec = spec_file()
    name = load_spec(spec).name
    result = steps.run(spec)
    assert result["trained"], result
    assert result["promoted"], result
    assert result["metrics"]["average_precision"] > 0.95 > result["baseline"]["average_precision"]
    assert result["metrics"]["failures_foreseen"] == result["metrics"]["failures"] > 2
    assert (versions(name), alias(name, "champion"), alias(name, "previous")) == ([1], 1, None)
    assert rows(plant_in_warehouse, "select from_version, to_version, promoted from ml.promotions") == [(None, 1, True)]

    killed(f"from ml.predictions import run as predict; predict.run({spec!r})", "ml.after_predict")
    said = predict.run(spec)
    assert (said["machines"], said["written"], said["silent"]) == (6, 0, 0)
    (first, *others) = rows(
        plant_in_warehouse,
        "select model_name, model_version, data_watermark, horizon_hours, predicted = (probability >= threshold),"
        " jsonb_array_length(factors), factors -> 0 ->> 'label' is not null"
        " from ml.predictions order by probability desc",
    )
    assert first == (name, 1, plant().readings["time"].max(), 24, True, 5, True)
    assert len(others) == 5

    tables = "select * from ml.promotions", "select * from ml.predictions order by 1"
    before = [rows(plant_in_warehouse, query) for query in tables]
    again = steps.run(spec)
    assert (again["changed"], again["metrics"]) == (False, result["metrics"])
    assert predict.run(spec)["written"] == 0
    assert versions(name) == [1]
    assert [rows(plant_in_warehouse, query) for query in tables] == before

    whole = plant()
    silent = (whole.readings["equipment_id"] == "m0") & (
        whole.readings["time"] > whole.readings["time"].max() - pd.Timedelta(days=7, hours=1)
    )
    fill(plant_in_warehouse, replace(whole, readings=whole.readings[~silent]))
    said = predict.run(spec)
    assert (said["machines"], said["silent"]) == (5, 1)


def test_two_trainings_with_one_seed_give_the_same_bytes_and_metrics(plant_in_warehouse, spec_file):
    spec = spec_file()
    extracted = steps.extract(spec)
    first = steps.evaluate(steps.fit(extracted))
    folder = Path(extracted["folder"])
    files = [path for part in ("model", "plots") for path in sorted((folder / part).iterdir())]
    assert len(files) >= 8
    bytes_before = [path.read_bytes() for path in files]
    (folder / "fit.json").unlink()
    second = steps.evaluate(steps.fit(steps.extract(spec)))
    assert [path.read_bytes() for path in files] == bytes_before
    assert second["evaluation"] == first["evaluation"]


def test_a_newer_model_is_held_against_the_champion(fresh_database, spec_file):
    spec = spec_file()
    fill(fresh_database, plant(days=38))
    steps.run(spec)
    fill(fresh_database, plant(days=40))
    result = steps.run(spec)
    assert result["champion"]["average_precision"] > 0.9
    assert result["promoted"], result["reason"]


def test_a_model_below_its_thresholds_is_registered_and_not_promoted(plant_in_warehouse, spec_file):
    spec = spec_file(promote={"metric": "average_precision", "at_least": {"event_recall": 1.1}, "samples": 20})
    result = steps.run(spec)
    assert not result["promoted"]
    assert "Event recall is 1.000, below the required 1.1" in result["reason"]
    assert alias(load_spec(spec).name, "champion") is None
    said = predict.run(spec)
    assert not said["predicted"]
    assert "no champion yet" in said["reason"]


def test_without_a_failure_in_the_training_data_nothing_is_trained(fresh_database, spec_file):
    spec = spec_file()
    fill(fresh_database, plant(failures=False))
    result = steps.run(spec)
    assert result["trained"] is False
    assert result["reason"].startswith("No machine failed in the training data (2025-01-01 to 2025-02-02)")
    assert versions(load_spec(spec).name) == []


def test_too_short_a_history_is_said_in_a_sentence(fresh_database, spec_file):
    fill(fresh_database, plant(days=3))
    assert "short" in steps.run(spec_file())["reason"] or "failure" in steps.run(spec_file())["reason"]
    fill(fresh_database, replace(plant(days=3), known_until=None))
    assert "do not reach" in steps.run(spec_file())["reason"]


def test_an_empty_warehouse_is_said_in_a_sentence(fresh_database, spec_file):
    assert "no table intermediate.int_equipment_metrics_hourly" in steps.run(spec_file())["reason"]
    empty = plant(days=1)
    fill(fresh_database, replace(empty, readings=empty.readings.head(0)))
    assert "no readings yet" in steps.run(spec_file())["reason"]


def test_kills_in_training_repeat_no_version_and_leave_a_champion(fresh_database, spec_file):
    spec = spec_file()
    name = load_spec(spec).name
    fill(fresh_database, plant(days=38))
    killed(f"from ml import steps; steps.run({spec!r})", "ml.after_register")
    assert (versions(name), alias(name, "champion")) == ([1], None)
    assert steps.run(spec)["promoted"]
    assert (versions(name), alias(name, "champion")) == ([1], 1)
    assert predict.run(spec)["written"] == 6

    fill(fresh_database, plant(days=40))
    killed(f"from ml import steps; steps.run({spec!r})", "ml.after_alias")
    assert predict.run(spec)["version"] == 2
    assert rows(fresh_database, "select count(*), count(distinct data_watermark) from ml.predictions") == [(12, 2)]
    assert rows(fresh_database, "select to_version from ml.promotions") == [(1,)]
    result = steps.run(spec)
    assert result["promoted"], result["reason"]
    assert (versions(name), alias(name, "champion"), alias(name, "previous")) == ([1, 2], 2, 1)
    assert rows(fresh_database, "select from_version, to_version, promoted from ml.promotions order by 2") == [
        (None, 1, True),
        (1, 2, True),
    ]


def test_without_mlflow_it_says_so(plant_in_warehouse, spec_file, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_MLFLOW_URL", "http://127.0.0.1:1")
    settings.cache_clear()
    try:
        with pytest.raises(Unavailable, match="does not answer"):
            predict.run(spec_file())
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_late_data_that_changes_an_hour_is_another_training(plant_in_warehouse, spec_file):
    loaded = load_spec(spec_file())
    before = plant()
    readings = before.readings.copy()
    readings.loc[5, "vibration_mean"] += 0.001
    assert workspace.run_key(loaded, before.data()) != workspace.run_key(
        loaded, replace(before, readings=readings).data()
    )
    assert workspace.run_key(loaded, before.data()) == workspace.run_key(loaded, plant().data())
