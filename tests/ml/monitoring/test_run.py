"""A champion is held against the weeks since it was trained: with a real warehouse and a real MLflow."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import CliRunner

from ml import steps
from ml.monitoring.cli import monitor
from ml.monitoring.live import COUNTS, MEANS
from ml.monitoring.run import run
from ml.predictions.champion import champion
from ml.spec.load import load_spec
from tests.ml.plant import fill, plant, rows

pytestmark = pytest.mark.usefixtures("mlflow")
MONITORING = {"window_days": 3, "drift_share": 0.4, "at_least": {"recall": 0.5}, "minimum_judged": 10}
_ROWS = "select window_start, drift_share, judged, breached, retrain from ml.monitoring order by 1"


def until(whole, days: int):
    """A plant's history as it was so many days after its beginning."""
    end = whole.readings["time"].min() + pd.Timedelta(days=days)
    seen = whole.readings[whole.readings["time"] <= end]
    return replace(whole, readings=seen, events=whole.events[whole.events["event_time"] <= end], known_until=end)


def outcomes(database: str, name: str, day: str, **counts: int) -> None:
    """A day of a version in the mart of what came of its words."""
    import psycopg2

    columns = [*COUNTS, *MEANS]
    kinds = ", ".join(f"{column} double precision" for column in columns)
    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute("create schema if not exists marts")
        cursor.execute(
            "create table if not exists marts.mart_model_performance"
            f" (model_name text, model_version int, day date, {kinds})"
        )
        cursor.execute(
            f"insert into marts.mart_model_performance (model_name, model_version, day, {', '.join(counts)})"
            f" values (%s, 1, %s{', %s' * len(counts)})",
            (name, day, *counts.values()),
        )
    connection.close()


def artifacts(spec: str, folder: str) -> set[str]:
    from ml.registry.client import connected

    with connected() as client:
        run_id = client.get_model_version(load_spec(spec).name, "1").run_id
        return {file.path.rpartition("/")[2] for file in client.list_artifacts(run_id, folder)}


def test_two_bad_windows_of_which_one_is_the_newest_call_for_a_training(fresh_database, spec_file):
    spec = spec_file(monitoring=MONITORING)
    name = load_spec(spec).name
    assert run(spec)["reason"].startswith(f"The model {name!r} has no champion yet")
    whole = plant(machines=6, days=48)  # begins on 2025-01-01 at 06:00
    fill(fresh_database, until(whole, 38))
    assert steps.run(spec)["promoted"]
    fill(fresh_database, until(whole, 40))
    assert "No window of 3 days is over since version 1" in run(spec)["reason"]

    fill(fresh_database, until(whole, 42))  # up to 12 February: the window of the 9th to the 11th is over
    first = run(spec)
    [quiet] = first["windows"]
    assert (quiet["start"], quiet["end"], quiet["breached"], first["retrain"]) == (
        "2025-02-09",
        "2025-02-12",
        False,
        False,
    )
    assert artifacts(spec, "monitoring") == {"reference.parquet", "2025-02-09"}
    assert artifacts(spec, "monitoring/2025-02-09") == {"drift.html", "drift.json", "quality.html", "quality.json"}

    # Vibration is measured otherwise from the 12th on, and what the model said of the first window was wrong.
    moved = whole.readings.copy()
    since = moved["time"] >= pd.Timestamp("2025-02-12", tz="UTC")
    for channel in ("vibration", "pressure"):
        for statistic in ("mean", "min", "max"):
            moved.loc[since, f"{channel}_{statistic}"] += 25
    fill(fresh_database, until(replace(whole, readings=moved), 45))
    outcomes(fresh_database, name, "2025-02-10", predictions=30, judged=30, flagged=0, false_negatives=20)
    found = run(spec)
    assert [window["breached"] for window in found["windows"]] == [True, True]
    assert found["windows"][0]["reasons"] == ["Live recall is 0.000, below 0.5, of 30 outcomes."]
    assert found["windows"][1]["drift_share"] > 0.4
    assert found["retrain"]
    assert [row[2:] for row in rows(fresh_database, _ROWS)] == [(30, True, False), (0, True, True)]

    again = run(spec)
    assert (again["changed"], again["windows"]) == (0, found["windows"])
    shown = CliRunner().invoke(monitor, [spec], catch_exceptions=False).output
    assert "retrain it" in shown
    [as_json] = json.loads(CliRunner().invoke(monitor, [spec, "--json"], catch_exceptions=False).output)
    assert as_json["retrain"] is True
    assert champion(spec).version == 1
