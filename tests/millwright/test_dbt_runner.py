"""Running dbt from Python."""

from __future__ import annotations

import pytest

from millwright import dbt_runner, reference
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from tests.dbt_transformations.loads import at, load

READING = {"equipment_id": "m1", "event_time": at("2026-01-30 00:00"), "temperature": 20.0}


def test_a_build_tells_what_it_built_and_one_that_fails_names_the_test(fresh_database, tmp_path, monkeypatch):
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    reference.apply()
    load("sensor_readings", [READING])
    done = dbt_runner.build(select="fact_sensor_readings dim_equipment staging")
    assert done["statuses"].keys() == {"success", "pass"}
    assert done["rows"]["fact_sensor_readings"] == 1

    load("sensor_readings", [READING | {"temperature": 5000.0}])
    with pytest.raises(MillwrightError) as error:
        dbt_runner.build(select="staging")
    assert "accepted_range_stg_sensor_readings_temperature" in error.value.message
    assert "Got 1 result, configured to fail if != 0" in error.value.message


def test_a_project_that_cannot_be_read_says_what_dbt_said(postgres, tmp_path, monkeypatch):
    (tmp_path / "dbt_project.yml").write_text("name: broken\nprofile: millwright\nmodel-paths: 7\n")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("MILLWRIGHT_DBT_DIR", str(tmp_path))
    settings.cache_clear()
    with pytest.raises(MillwrightError, match="dbt could not start"):
        dbt_runner.build()
    monkeypatch.undo()
    settings.cache_clear()


def test_without_a_warehouse_it_says_so_in_one_sentence(monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_DATABASE_URL", "postgresql://me:secret@127.0.0.1:9/plant")
    settings.cache_clear()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/plant does not answer"):
        dbt_runner.build()
    monkeypatch.undo()
    settings.cache_clear()


def test_a_models_failure_is_told_with_its_message_and_skipped_ones_are_not_failures():
    run = {
        "elapsed_time": 1.23,
        "results": [
            {
                "unique_id": "model.millwright.a",
                "status": "success",
                "message": "",
                "adapter_response": {"rows_affected": 4},
            },
            {
                "unique_id": "model.millwright.b",
                "status": "error",
                "message": "Database Error\n  boom",
                "adapter_response": {},
            },
            {
                "unique_id": "test.millwright.unique_b_x.123",
                "status": "skipped",
                "message": None,
                "adapter_response": {},
            },
        ],
    }
    assert dbt_runner.summary(run) == {
        "statuses": {"success": 1, "error": 1, "skipped": 1},
        "rows": {"a": 4},
        "seconds": 1.2,
        "failures": {"b": "Database Error boom"},
    }
