"""The public predictive-maintenance sample: its protocol, from the warehouse's tables to predictions."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from ml import predict, train
from ml.history import History
from tests.ml.plant import fill, history, rows
from tests.public_data import data_folder

_CHANNELS = {"volt": "voltage", "rotate": "rotation", "pressure": "pressure", "vibration": "vibration"}
_EVENTS = {"errors": ("error", "errorID", "code"), "maint": ("maintenance", "comp", "component")}


def read(folder: Path) -> History:
    """The files as the warehouse has them: hourly rows of one reading each, events of all machines."""
    telemetry = _csv(folder / "PdM_telemetry.csv")
    readings = telemetry[["equipment_id", "time"]].assign(hour=telemetry["time"])
    for column, channel in _CHANNELS.items():
        for statistic in ("mean", "min", "max"):
            readings[f"{channel}_{statistic}"] = telemetry[column]
    events = []
    for name, (kind, column, field) in {**_EVENTS, "failures": ("failure", "failure", "component")}.items():
        found = _csv(folder / f"PdM_{name}.csv")
        events.append(found.rename(columns={"time": "event_time", column: field}).assign(kind=kind))
    machines = pd.read_csv(folder / "PdM_machines.csv")
    equipment = pd.DataFrame(
        {
            "equipment_id": machines["machineID"].map("machine-{:03}".format),
            "valid_from": pd.Timestamp("1990-01-01", tz="UTC"),
            "commissioned_at": [pd.Timestamp(2015 - age, 1, 1, tz="UTC") for age in machines["age"]],
            "model": machines["model"],
        }
    )
    columns = ["equipment_id", "event_time", "kind", "code", "component"]
    all_events = pd.concat(events)[columns]
    return history(readings, all_events, equipment, all_events["event_time"].max())


def _csv(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path)
    times = pd.to_datetime(frame["datetime"], utc=True)
    return frame.assign(time=times, equipment_id=frame["machineID"].map("machine-{:03}".format))


@pytest.mark.usefixtures("mlflow")
def test_failures_of_the_public_sample_are_foreseen_a_day_ahead(fresh_database, spec_file):
    fill(fresh_database, read(data_folder("azure_pdm")))
    spec = spec_file(algorithm=dict(_shipped()), bootstrap_samples=200)
    result = train.run(spec)
    metrics, baseline = result["metrics"], result["baseline"]
    assert metrics["average_precision"] >= 0.99
    assert metrics["f1"] >= 0.97
    assert metrics["failures_foreseen"] == metrics["failures"] == 7
    assert metrics["average_precision_low"] <= metrics["average_precision"] <= metrics["average_precision_high"]
    assert baseline["average_precision"] < 0.5
    assert result["promoted"]
    said = predict.run(spec)
    # All hundred machines are known, and twenty send readings.
    assert (said["machines"], said["silent"], said["written"]) == (20, 80, 20)
    at_risk = rows(fresh_database, "select equipment_id from ml.predictions where predicted order by 1")
    assert ("machine-017",) in at_risk  # it fails one hour after its last reading


def _shipped():
    from ml.spec import load_spec

    return load_spec("failure").algorithm.model_dump()
