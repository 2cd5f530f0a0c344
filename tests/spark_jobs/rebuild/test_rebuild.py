"""The warehouse anew from bronze: the same tables, whatever was wrong with them, and whenever it is killed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from millwright.contracts import contract
from millwright.lake.manifest import commit_manifest, read_manifest
from millwright.store import lake_store
from spark_jobs.rebuild import state
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from tests.spark_jobs.rebuild.plant import Plant, query, rebuild

SENSORS = "equipment-sensors"


@pytest.fixture
def plant(fresh_database, lake, engine) -> Plant:
    """Six days of two machines, loaded in two lots, with a prediction that bronze knows nothing of."""
    made = Plant()
    made.send(range(4))
    made.advance(engine, build=False)
    query(
        "insert into ml.predictions (model_name, model_version, equipment_id, data_watermark, horizon_hours,"
        " probability, threshold, predicted) values ('failure', 1, 'm1', '2025-05-04', 24, 0.9, 0.5, true)"
    )
    made.send(range(4, 6))
    made.advance(engine)
    return made


def differing(done) -> dict[str, str]:
    told = json.loads(done.stdout)
    return {row["table"]: row["difference"] for row in told["tables"] if not row["same"]}


def spoil() -> None:
    """One wrong row in silver, in raw and in two marts; one row too few, one too many."""
    spec = contract(SENSORS)
    silver = Silver.open(spec)
    day = min(silver.files())
    silver.replace([day], silver.read([day], silver_schema(spec)).read_all().slice(1), {})
    query("update raw.sensor_readings set temperature = 1 where event_time = '2025-05-03 02:00+00'")
    query("delete from raw.equipment_events where ctid in (select ctid from raw.equipment_events limit 1)")
    query("update marts.mart_equipment_health set open_alerts = 7")
    query("insert into marts.fact_equipment_events select * from marts.fact_equipment_events limit 1")


def test_what_was_spoilt_is_named_by_check_and_put_right_by_a_rebuild_that_is_killed_anywhere(plant):
    sound = state.now()
    checked = rebuild("--check", "--json")
    assert checked.returncode == 0, checked.stderr
    assert differing(checked) == {}

    spoil()
    spoilt = state.now()
    checked = rebuild("--check", "--json")
    assert checked.returncode == 1
    assert set(differing(checked)) == {
        *("raw.sensor_readings", "raw.equipment_events"),
        *("marts.mart_equipment_health", "marts.fact_equipment_events"),
    }
    assert state.now() == spoilt
    assert query("select count(*) from pg_database where datname like '%_rebuild'") == [(0,)]

    for place in ("rebuild.after_silver_chunk", "load.before_commit", "rebuild.after_load", "rebuild.before_finish"):
        assert rebuild(failpoint=place).returncode == -9, place
    done = rebuild("--json")
    assert done.returncode == 0, done.stderr
    assert "cut short" in done.stdout
    assert {"raw.sensor_readings", "marts.mart_equipment_health"} <= set(differing(done))
    assert state.now() == sound
    assert query("select probability from ml.predictions") == [(0.9,)]
    assert query("select predicted_failure_prob from marts.mart_equipment_health where equipment_id = 'm1'") == [(0.9,)]


def test_a_warehouse_and_a_silver_that_are_gone_come_back(plant, lake):
    sound = state.now()
    shutil.rmtree(lake / "silver")
    for schema in ("raw", "staging", "intermediate", "marts"):
        query(f"drop schema {schema} cascade")
    query("truncate platform.loads, platform.applied_loads")
    assert rebuild(failpoint="rebuild.after_silver_chunk").returncode == -9
    done = rebuild()
    assert done.returncode == 0, done.stderr
    assert state.now() == sound
    assert not list((lake / "rebuild").glob("*"))
    assert rebuild("--check").returncode == 0


def test_rows_that_retention_has_dropped_from_bronze_are_kept(plant, lake):
    sound = state.now()
    store, topic = lake_store(), contract(SENSORS).topic
    manifest = read_manifest(store, topic, 0)
    assert commit_manifest(store, topic, 0, manifest.with_floor(97, {"accepted": 97}), "test")
    done = rebuild("--json")
    assert (done.returncode, differing(done)) == (0, {}), done.stderr
    assert state.now() == sound
    shutil.rmtree(Path(lake) / "silver" / contract(SENSORS).table)
    done = rebuild()
    assert done.returncode == 1
    assert "Retention has dropped the beginning of bronze" in done.stderr
    assert state.now() == sound
