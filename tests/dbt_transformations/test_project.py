"""The project as a whole: it builds with its own tests, on nothing, on little, and with a channel more."""

from __future__ import annotations

import re
import shutil

from millwright import dbt_sources, tables
from millwright.contracts import contracts
from millwright.settings import ROOT, settings
from tests.contract_change import changed_contract
from tests.dbt_transformations.loads import at, load, query

START = at("2026-01-30 00:00")


def plant() -> None:
    load(
        "equipment_assets",
        [
            {
                "equipment_id": "m1",
                "event_time": START,
                "equipment_name": "Press",
                "equipment_type": "press",
                "plant_id": "north",
            }
        ],
    )
    load("sensor_readings", [{"equipment_id": m, "event_time": START, "temperature": 20.0} for m in ("m1", "m2")])
    load("equipment_events", [{"equipment_id": "m1", "event_time": START, "kind": "failure", "component": "motor"}])


def predict(probability: float, factor: str) -> None:
    query(
        "insert into ml.predictions (model_name, model_version, equipment_id, data_watermark, horizon_hours,"
        " probability, threshold, predicted, factors) values ('failure', 1, 'm1', %s, 24, %s, 0.5, true,"
        " jsonb_build_array(jsonb_build_object('feature', %s::text, 'value', 1, 'contribution', 0.5)))",
        (START, probability, factor),
    )


def test_an_empty_warehouse_builds_and_passes_its_tests(dbt):
    told = dbt("build")
    assert told["mart_equipment_health"] == "success: SELECT 0"


def test_every_machine_is_in_both_marts_and_shows_what_a_model_says_of_it_and_what_to_do(dbt):
    plant()
    dbt("run")
    rows = query(
        "select equipment_id, health_status, predicted_failure_prob, recommendation, failures_90_days"
        " from marts.mart_predictive_maintenance order by 1"
    )
    assert rows == [("m1", None, None, None, 0), ("m2", None, None, None, 0)]

    predict(0.9, "hours_since_maintenance_motor")
    dbt("run", "--select", "stg_ml_predictions+")
    mart = "select health_status, top_factor, recommendation from marts.mart_predictive_maintenance"
    [(status, factor, action)] = query(f"{mart} where equipment_id = 'm1'")
    assert (status, factor) == ("Critical", "hours_since_maintenance_motor")
    assert action.startswith("Service motor")
    assert query(
        "select predicted_failure_prob, health_status from marts.mart_equipment_health where equipment_id = 'm1'"
    ) == [(0.9, "Critical")]


def test_a_reading_outside_its_contracts_range_fails_a_test_that_names_the_channel(dbt):
    outside = [{"temperature": 2000.0}, {"vibration": -1.0}]
    load("sensor_readings", [{"equipment_id": f"m{n}", "event_time": START} | r for n, r in enumerate(outside)])
    dbt("run", "--select", "stg_sensor_readings")
    told = dbt("test", "--select", "stg_sensor_readings", fails=True)
    failed = sorted(name for name, said in told.items() if said.startswith("fail"))
    assert [name.split("sensor_readings_")[1].split("_")[0] for name in failed] == ["temperature", "vibration"]
    assert all(name.startswith("accepted_range") for name in failed)


def test_a_new_channel_comes_by_itself_and_old_rows_lack_it(dbt, tmp_path, monkeypatch):
    plant()
    dbt("run")
    monkeypatch.setenv("MILLWRIGHT_DBT_DIR", str(shutil.copytree(settings().dbt_dir, tmp_path / "project")))
    channel = {
        "name": "torque",
        "type": ["null", "double"],
        "default": None,
        "doc": "Torque.",
        "unit": "Nm",
        "channel": True,
    }
    with changed_contract("equipment-sensors", lambda avro: avro["fields"].append(channel)):
        tables.migrate()
        dbt_sources.generate()
        load("sensor_readings", [{"equipment_id": "m1", "event_time": at("2026-01-30 05:00"), "torque": 7.0}])
        dbt("run")
    assert query("select event_time, torque from marts.fact_sensor_readings where equipment_id = 'm1' order by 1") == [
        (START, None),
        (at("2026-01-30 05:00"), 7.0),
    ]
    assert query("select max(torque_mean), max(torque_max) from intermediate.int_equipment_metrics_hourly") == [
        (7.0, 7.0)
    ]
    assert query("select max_torque_24h from marts.mart_equipment_health where equipment_id = 'm1'") == [(7.0,)]


def test_the_stream_of_the_worked_example_gets_its_table_its_model_and_its_tests(dbt, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "add-a-stream.md").read_text()
    (example,) = (block for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if "HallAir" in block)
    folder = shutil.copytree(settings().contracts_dir, tmp_path / "contracts")
    (folder / "hall-air.avsc").write_text(example)
    monkeypatch.setenv("MILLWRIGHT_DBT_DIR", str(shutil.copytree(settings().dbt_dir, tmp_path / "project")))
    monkeypatch.setenv("MILLWRIGHT_CONTRACTS_DIR", str(folder))
    settings.cache_clear()
    contracts.cache_clear()
    try:
        tables.migrate()
        dbt_sources.generate()
        load("hall_air", [{"hall_id": "A", "event_time": START, "dust": 12.5}])
        told = dbt("build", "--select", "stg_hall_air")
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        contracts.cache_clear()
    assert query("select hall_id, dust from staging.stg_hall_air") == [("A", 12.5)]
    assert sum(said.startswith("pass") for said in told.values()) == 4
