"""The models that each micro-batch builds: warm, and nothing that costs more with the history."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from millwright import dbt_runner, reference
from millwright.dbt_warm import WarmDbt
from millwright.errors import MillwrightError
from millwright.settings import settings
from millwright.warehouse import session
from tests.dbt_transformations.loads import at, load

READING = {"equipment_id": "m1", "event_time": at("2026-01-30 00:00"), "temperature": 20.0}


@pytest.fixture(scope="module")
def warm() -> WarmDbt:
    return WarmDbt()


@pytest.fixture
def warehouse(fresh_database, tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    reference.apply()


def temperatures() -> list[float]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select temperature from marts.fact_sensor_readings order by event_time, equipment_id")
        return [value for (value,) in cursor.fetchall()]


def test_rows_reach_the_marts_without_a_whole_build_and_a_whole_build_changes_none(warehouse, warm):
    load("sensor_readings", [READING])
    assert warm.build()["rows"]["fact_sensor_readings"] == 1
    load("sensor_readings", [READING | {"temperature": 21.0}, READING | {"equipment_id": "m2", "temperature": 22.0}])
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("create view marts.names as select equipment_name from marts.dim_equipment")
    built = warm.build(["sensor_readings"])
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select equipment_name from marts.names order by 1")  # replacing the table would drop its views
        assert cursor.fetchall() == [("m1",), ("m2",)]
    assert built["rows"]["fact_sensor_readings"] == 2
    assert built["rows"]["fact_equipment_events"] == 0
    assert temperatures() == [21.0, 22.0]
    assert dbt_runner.build(select="fact_sensor_readings")["rows"]["fact_sensor_readings"] == 0
    assert temperatures() == [21.0, 22.0]


def test_a_model_that_fails_is_named(warehouse, warm):
    load("sensor_readings", [READING])
    warm.build()
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("drop view staging.stg_sensor_readings cascade")
    with pytest.raises(MillwrightError, match=r"- dim_equipment: .*stg_sensor_readings"):
        warm.build(["sensor_readings"])


def test_no_view_reads_a_table_that_a_run_replaces():
    """Such a run would drop the view, and bring it back only when it builds the view too."""
    manifest = json.loads((settings().state_dir / "dbt" / "target" / "manifest.json").read_text())
    kinds = {name: node["config"].get("materialized") for name, node in manifest["nodes"].items()}
    views = {name: node for name, node in manifest["nodes"].items() if kinds[name] == "view"}
    assert any(name.endswith(".mart_open_alerts") for name in views)
    for name, view in views.items():
        replaced = [needed for needed in view["depends_on"]["nodes"] if kinds.get(needed) in ("table", "snapshot")]
        assert replaced == [], name


def test_what_a_micro_batch_builds_reads_only_what_it_builds_and_views():
    manifest = json.loads((settings().state_dir / "dbt" / "target" / "manifest.json").read_text())
    models = {name: node for name, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    tagged = {name for name, node in models.items() if "near_real_time" in node["tags"]}
    assert {Path(models[name]["path"]).stem for name in tagged} >= {"fact_sensor_readings", "dim_equipment"}
    for name in tagged:
        for needed in models[name]["depends_on"]["nodes"]:
            if needed in models:
                assert needed in tagged or models[needed]["config"]["materialized"] == "view", (name, needed)
