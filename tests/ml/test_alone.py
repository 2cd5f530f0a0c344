"""One CSV and no stack: a data scientist trains, promotes and rolls back on a laptop where nothing else runs."""

from __future__ import annotations

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from millwright.errors import MillwrightError
from ml import cli
from ml.registry.client import connected
from ml.registry.load import version_of
from tests.ml.conftest import make_spec
from tests.ml.plant import plant

NAME = "mine"


def run(command, *args: str) -> str:
    done = CliRunner().invoke(command, args, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def trained(*args: str) -> dict:
    return json.loads(run(cli.train, *args, "--json").splitlines()[-1])


def alias(which: str) -> int | None:
    with connected(alone=True) as client:
        return version_of(client, NAME, which)


@pytest.fixture
def files(tmp_path, without_the_stack):
    """Raw readings of ten minutes' step with a column of states, a table of errors, and a spec beside them."""

    def write(days: int) -> str:
        history = plant(days=days, machines=4)
        readings = history.readings.rename(columns={"equipment_id": "Machine", "vibration_mean": "Vib. (mm/s)"})
        failures = history.events[history.events["kind"] == "failure"]
        fails = set(zip(failures["equipment_id"], failures["event_time"], strict=True))
        state = [
            "BROKEN" if at in fails else "NORMAL" for at in zip(readings["Machine"], readings["time"], strict=True)
        ]
        stamp = readings["time"].dt.tz_convert("Europe/Berlin").dt.strftime("%d.%m.%Y %H:%M")
        columns = readings[["Machine", "Vib. (mm/s)"]].assign(Zeit=stamp, state=state)
        columns.to_csv(tmp_path / "readings.csv", sep=";", decimal=",", index=False)
        errors = history.events[history.events["kind"] == "error"]
        errors = errors.assign(Zeit=errors["event_time"].dt.tz_convert("Europe/Berlin").dt.strftime("%d.%m.%Y %H:%M"))
        errors[["Zeit", "equipment_id", "code"]].rename(columns={"equipment_id": "Machine"}).to_csv(
            tmp_path / "errors.csv", index=False
        )
        spec = make_spec(
            name=NAME,
            source={"readings": {"path": "readings.csv", "decimal": ","}, "errors": "errors.csv"},
            entity="Machine",
            time={"column": "Zeit", "timezone": "Europe/Berlin"},
            label={"column": "state", "values": ["BROKEN"]},
            events={},
            machines={},
        )
        (tmp_path / "mine.yml").write_text(yaml.safe_dump(spec))
        return str(tmp_path / "mine.yml")

    return write


def test_from_one_csv_to_a_champion_and_back(files, without_the_stack):
    first = trained(files(30))
    assert (first["task"], first["model"], first["version"], first["promoted"]) == ("failure", NAME, 1, True)
    assert first["metrics"]["average_precision"] > 0.9 > first["baseline"]["average_precision"]
    assert trained(files(30))["changed"] is False
    second = trained(files(34))
    assert (second["version"], second["promoted"]) == (2, True), second["reason"]
    assert (alias("champion"), alias("previous")) == (2, 1)
    assert "version 1 answers, version 2 before it" in run(cli.models, "rollback", NAME, "--reason", "Too many alarms.")
    assert (alias("champion"), alias("previous")) == (1, 2)
    run(cli.models, "promote", NAME, "2")
    assert (alias("champion"), alias("previous")) == (2, 1)
    (newest, oldest) = json.loads(run(cli.models, "show", NAME, "--json"))
    assert newest["aliases"] == ["champion"]
    assert [reason for _, reason, _ in oldest["decisions"]] == [
        "Rolled back by hand. Too many alarms.",
        first["reason"],
    ]
    assert json.loads(run(cli.models, "list", "--json")) == [
        {"model": NAME, "versions": 2, "champion": 2, "previous": 1}
    ]
    with pytest.raises(MillwrightError, match=r"has no version 9.*There are: 1, 2"):
        CliRunner().invoke(cli.models, ["promote", NAME, "9"], catch_exceptions=False)
    ledger = sqlite3.connect(without_the_stack / "registry" / "promotions.db")
    kept = ledger.execute("select from_version, to_version, promoted from promotions order by promotion_id").fetchall()
    ledger.close()
    assert kept == [(None, 1, 1), (1, 2, 1), (2, 1, 1), (1, 2, 1)]

    import mlflow

    with connected(alone=True) as client:
        run_id = client.get_model_version(NAME, "2").run_id
        plots = {found.path for found in client.list_artifacts(run_id, "plots")}
        assert {f"plots/{name}.png" for name in ("precision_recall", "calibration", "confusion", "importance")} <= plots
        served = mlflow.pyfunc.load_model(f"models:/{NAME}/2")
        said = served.predict(served.input_example)
    assert list(said.columns) == ["probability", "predicted"]
    assert not list(without_the_stack.rglob("*.pkl"))


def test_a_source_of_the_command_line_takes_the_place_of_the_specs(files, tmp_path):
    spec = files(30)
    (tmp_path / "readings.csv").rename(tmp_path / "elsewhere.csv")
    with pytest.raises(MillwrightError, match=r"There is no file readings\.csv"):
        CliRunner().invoke(cli.train, [spec], catch_exceptions=False)
    assert trained(spec, "--source", str(tmp_path / "elsewhere.csv"))["version"] == 1


def test_labels_that_mean_nothing_are_foretold_no_better_than_by_chance(files, tmp_path):
    spec = files(40)
    frame = pd.read_csv(tmp_path / "readings.csv", sep=";")
    # Failures at the same number of random moments: nothing announces them.
    frame["state"] = frame["state"].sample(frac=1, random_state=3).to_numpy()
    frame.to_csv(tmp_path / "readings.csv", sep=";", index=False)
    metrics = trained(spec)["metrics"]
    assert 0.3 < metrics["roc_auc"] < 0.7


def test_two_that_find_no_registry_make_it_once(without_the_stack):
    (without_the_stack / "registry" / "mlflow.db").unlink()
    with ThreadPoolExecutor(2) as both:
        assert list(both.map(lambda _: alias("champion"), range(2))) == [None, None]
