"""What dbt gets from the contracts."""

from __future__ import annotations

import stat

import yaml

from millwright.contracts import contracts
from millwright.dbt_sources import derived_files, described, generate
from millwright.derived import raw_tables
from millwright.settings import settings
from tests.contract_change import changed_contract


def papers(stream: str) -> dict[str, dict]:
    """Columns of a stream's staging model, by name."""
    table = contracts()[stream].table
    files = {path.name: text for path, text in derived_files(contracts().values()).items()}
    (model,) = yaml.safe_load(files[f"stg_{table}.yml"])["models"]
    return {column["name"]: column for column in model["columns"]}


def test_a_second_generation_touches_nothing(tmp_path):
    first = generate(project=tmp_path)
    assert {p.name for p in first} > {"_sources.yml", "stg_sensor_readings.sql", "each_channel.sql"}
    times = {path: path.stat().st_mtime_ns for path in first}
    assert [p for p in generate(project=tmp_path) if p.name != "profiles.yml"] == []
    assert {path: path.stat().st_mtime_ns for path in first} == times


def test_a_contract_that_is_gone_takes_its_files_along(tmp_path):
    generate(project=tmp_path)
    fewer = {stream: c for stream, c in raw_tables().items() if stream != "equipment-alerts"}
    changed = {path.name for path in generate(fewer, tmp_path)}
    assert changed == {"_sources.yml", "stg_equipment_alerts.sql", "stg_equipment_alerts.yml"}
    assert not list(tmp_path.rglob("stg_equipment_alerts*"))


def test_what_somebody_changed_by_hand_is_put_right(tmp_path):
    generate(project=tmp_path)
    (path,) = tmp_path.rglob("stg_sensor_readings.sql")
    text = path.read_text()
    path.write_text("select 1")
    assert generate(project=tmp_path) == [path]
    assert path.read_text() == text


def test_units_stand_in_the_descriptions():
    assert papers("equipment-sensors")["temperature"]["description"] == "Temperature at the main bearing, in °C."
    assert papers("production-metrics")["units"]["description"] == "Units made, good or not, a count."
    assert described(contracts()["equipment-sensors"].field("equipment_id")) == "The machine."


def test_required_fields_ranges_and_allowed_values_become_tests():
    sensors, events = papers("equipment-sensors"), papers("equipment-status")
    assert sensors["equipment_id"]["data_tests"] == ["not_null"]
    assert sensors["vibration"]["data_tests"] == [
        {"accepted_range": {"arguments": {"min_value": 0.0, "max_value": 500.0}}}
    ]
    assert events["kind"]["data_tests"][1]["accepted_values"]["arguments"]["values"][0] == "running"
    assert "data_tests" not in events["reason"]


def test_a_new_channel_is_in_the_staging_model_and_in_the_macro(tmp_path):
    channel = {"name": "torque", "type": ["null", "double"], "default": None, "channel": True}
    with changed_contract("equipment-sensors", lambda avro: avro["fields"].append(channel)):
        generate(project=tmp_path)
    (model,), (macro,) = tmp_path.rglob("stg_sensor_readings.sql"), tmp_path.rglob("each_channel.sql")
    assert "    torque,\n" in model.read_text()
    assert "'torque'" in macro.read_text()


def test_the_profile_points_at_the_settings_database_and_nobody_else_may_read_it(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_DATABASE_URL", "postgresql+psycopg2://me:p%40ss@db.example/plant?sslmode=require")
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path / "profile"))
    settings.cache_clear()
    generate(project=tmp_path)
    path = tmp_path / "profile" / "profiles.yml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    target = yaml.safe_load(path.read_text())["millwright"]["outputs"]["warehouse"]
    wanted = {
        "host": "db.example",
        "port": 5432,
        "user": "me",
        "password": "p@ss",
        "dbname": "plant",
        "sslmode": "require",
    }
    assert target.items() >= wanted.items()
    monkeypatch.undo()
    settings.cache_clear()


def test_without_a_password_there_is_no_profile_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLWRIGHT_STATE_DIR", str(tmp_path / "never-started"))
    monkeypatch.delenv("DBT_PROFILES_DIR", raising=False)
    settings.cache_clear()
    generate(project=tmp_path)
    assert not (tmp_path / "profiles.yml").exists()
    monkeypatch.undo()
    settings.cache_clear()
