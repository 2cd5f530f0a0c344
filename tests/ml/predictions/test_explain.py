"""From a prediction back to the files: with a real warehouse, a real MLflow and a lake."""

from __future__ import annotations

import datetime as dt
import json

import pandas as pd
import pytest
from click.testing import CliRunner

from millwright.contracts import contract
from millwright.errors import MillwrightError
from ml import steps
from ml.failure.lookback import lookback_hours
from ml.predictions.cli import explain, predict
from ml.predictions.explain import explain as gather
from ml.predictions.run import run
from ml.spec.load import load_spec
from tests.dbt_transformations.loads import load
from tests.ml.plant import fill, plant, rows
from tests.quality.landed import Landed

pytestmark = pytest.mark.usefixtures("mlflow")


@pytest.fixture
def history(fresh_database, lake):
    """A plant in dbt's tables; m0's readings and events in `raw` too, landed in three files of partition 0."""
    whole = plant(machines=4, days=40)
    fill(fresh_database, whole)
    mine = whole.readings[whole.readings["equipment_id"] == "m0"]
    taken = [
        {"equipment_id": "m0", "event_time": time.to_pydatetime(), "vibration": value}
        for time, value in zip(mine["time"], mine["vibration_mean"], strict=True)
    ]
    load("sensor_readings", taken)
    readings = Landed(contract("equipment-sensors"))
    for part in (taken[:100], taken[100:930], taken[930:]):
        readings.publish([row | {"_append": row["event_time"]} for row in part])
    events = whole.events[whole.events["equipment_id"] == "m0"]
    named = events[["equipment_id", "event_time", "kind", "code", "component"]].astype(object)
    load("equipment_events", named.where(named.notna(), None).to_dict("records"))
    return whole


def test_a_prediction_is_followed_to_its_model_rows_files_and_events(history, fresh_database, spec_file):
    spec = spec_file()
    assert steps.run(spec)["promoted"]
    assert run(spec)["written"] == 4
    [(number, said_at)] = rows(
        fresh_database, "select prediction_id, predicted_at from ml.predictions where equipment_id = 'm0'"
    )
    found = gather(str(number))
    watermark, lookback = history.readings["time"].max(), lookback_hours(load_spec(spec))
    mine = history.readings[history.readings["equipment_id"] == "m0"]
    behind = mine[mine["time"] > watermark - pd.Timedelta(hours=lookback)]

    assert (found["kind"], found["said"]["equipment_id"], found["outcome"]) == ("failure", "m0", None)
    assert found["model"]["aliases"] == ["champion"]
    assert found["model"]["data_watermark"] == watermark.isoformat()
    assert found["model"]["described"]["train_until"] < watermark.isoformat()
    assert found["model"]["scores"]["average_precision"] > 0.9
    [readings] = found["streams"]
    assert (readings["rows"], readings["last"], readings["came_later"]) == (len(behind), watermark, 0)
    assert readings["first"] == behind["time"].min()
    files = {file["file"]: (file["first_offset"], file["last_offset"], file["rows"]) for file in readings["files"]}
    first = len(mine) - len(behind)
    assert files == {
        "bronze/equipment-sensors/p=0/00000000000000000100.avro": (first, 929, 930 - first),
        "bronze/equipment-sensors/p=0/00000000000000000930.avro": (930, len(mine) - 1, len(mine) - 930),
    }
    assert "maintenance" in {event["kind"] for event in found["events"]}

    shown = CliRunner().invoke(explain, [f"failure:{number}"], catch_exceptions=False).output
    print(shown)
    for part in ("m0 will", "trained on", "raw.sensor_readings", "00000000000000000930.avro", "Not known yet."):
        assert part in shown
    as_json = CliRunner().invoke(explain, [str(number), "--json"], catch_exceptions=False).output
    assert json.loads(as_json)["said"]["prediction_id"] == number

    with pytest.raises(MillwrightError, match=r"There is no prediction_id 999 .* The newest is failure:4"):
        gather("999")

    # What came after the prediction was made, it cannot have known.
    rows_changed = "update raw.sensor_readings set _append_time = %s where _offset = 959 returning 1"
    _execute(fresh_database, rows_changed, (said_at + dt.timedelta(minutes=1),))
    [readings] = gather(str(number))["streams"]
    assert (readings["rows"], readings["came_later"]) == (len(behind) - 1, 1)


def test_what_other_models_said_is_explained_without_the_registry(fresh_database, lake):
    at = dt.datetime(2026, 1, 30, 8, tzinfo=dt.UTC)
    load(
        "quality_inspections",
        [
            {"equipment_id": "m1", "event_time": at, "inspection_id": "i1"}
            | {"product_id": "A"}
            | {"result": "Reject", "defect_type": "Crack"}
        ],
    )
    load("sensor_readings", [{"equipment_id": "m1", "event_time": at, "temperature": 81.0}])
    head = "model_name, model_version, equipment_id, data_watermark"
    for statement in (
        f"insert into ml.quality_predictions ({head}, event_time, inspection_id, defect_probability, threshold,"
        " predicted, result) values ('q', 1, 'm1', %s, %s, 'i1', 0.7, 0.5, true, 'Reject') returning 1",
        f"insert into ml.anomalies ({head}, event_time, channel, score, threshold, is_anomaly)"
        " values ('a', 1, 'm1', %s, %s, 'temperature', 0.9, 0.5, true) returning 1",
        f"insert into ml.forecasts ({head}, forecast_time, channel, value, lower, upper)"
        " values ('f', 1, 'm1', %s, %s, 'temperature', 80, 78, 82) returning 1",
    ):
        _execute(fresh_database, statement, (at, at))
    quality, anomaly, forecast = (gather(f"{kind}:1") for kind in ("quality", "anomaly", "forecast"))
    assert "q" in quality["model"]["unknown"]
    assert (quality["outcome"]["result"], quality["streams"][0]["rows"]) == ("Reject", 1)
    assert (anomaly["streams"][0]["rows"], anomaly["streams"][0]["files"]) == (1, [])
    assert forecast["outcome"] == {"measured": 81.0}
    for kind, part in (("quality", "found Reject, Crack"), ("anomaly", "not as usual"), ("forecast", "inside")):
        assert part in CliRunner().invoke(explain, [f"{kind}:1"], catch_exceptions=False).output
    with pytest.raises(MillwrightError, match="is empty"):
        gather("12")


def test_data_of_files_need_a_file_for_what_is_said(tmp_path):
    spec = tmp_path / "own.yml"
    spec.write_text(
        "{name: own, task: failure, source: {readings: r.csv, events: e.csv}, entity: machine, time: time,"
        " horizon: 24h, split: {by: time, gap: 24h}, candidates: [{name: xgboost}]}"
    )
    with pytest.raises(MillwrightError, match=r"--output predictions\.csv"):
        CliRunner().invoke(predict, [str(spec)], catch_exceptions=False)
    with pytest.raises(MillwrightError, match=r"ends in \.csv or \.parquet"):
        CliRunner().invoke(predict, [str(spec), "--output", "said.xls"], catch_exceptions=False)


def _execute(database: str, statement: str, values: tuple) -> None:
    import psycopg2

    with psycopg2.connect(database) as connection, connection.cursor() as cursor:
        cursor.execute(statement, values)
        assert cursor.rowcount == 1
    connection.close()
