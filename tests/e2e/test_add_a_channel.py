"""A new channel on a stream touches one file, and everything that was there goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg2
import pytest

from millwright import registry
from millwright import tables as platform_tables
from millwright.contracts import contracts
from millwright.publisher import publish
from millwright.settings import ROOT, settings
from tests.e2e import plant

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def copies(factory: Path, monkeypatch) -> Iterator[Path]:
    """Contracts and dbt project that this test may change."""
    for name in ("contracts", "dbt_transformations"):
        shutil.copytree(ROOT / name, factory / name, ignore=shutil.ignore_patterns("generated", "target", "logs"))
    monkeypatch.setenv("MILLWRIGHT_CONTRACTS_DIR", str(factory / "contracts"))
    monkeypatch.setenv("MILLWRIGHT_DBT_DIR", str(factory / "dbt_transformations"))
    monkeypatch.setenv("DBT_PARTIAL_PARSE", "false")  # what dbt has kept is of another project
    settings.cache_clear()
    contracts.cache_clear()
    yield factory
    _forget_versions_after_the_first("equipment-sensors-value")
    monkeypatch.undo()
    settings.cache_clear()
    contracts.cache_clear()


def _forget_versions_after_the_first(subject: str) -> None:
    """The registry is the session's: a sink of another test would rightly refuse a contract older than its newest."""
    address = f"{settings().registry}/subjects/{subject}/versions"
    for version in sorted(httpx.get(address, trust_env=False).raise_for_status().json(), reverse=True):
        if version > 1:
            httpx.delete(f"{address}/{version}", trust_env=False).raise_for_status()


def readings(first_hour: int, **channels: float) -> list[dict[str, Any]]:
    at = [START + timedelta(hours=first_hour, minutes=10 * i) for i in range(12)]
    return [{"equipment_id": "m1", "event_time": t, "temperature": 60.0, **channels} for t in at]


def query(sql: str) -> list[tuple]:
    with psycopg2.connect(settings().database) as connection, connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_adding_a_channel_touches_one_file(copies: Path):
    asset = {"equipment_id": "m1", "equipment_name": "M1", "equipment_type": "press", "plant_id": "P1"}
    publish("equipment-assets", [{**asset, "event_time": START - timedelta(days=1)}])
    old_producer = registry.Registry().latest("equipment-sensors-value")
    publish("equipment-sensors", readings(0))
    for step in ("land", "cleanse", "features", "load"):
        plant.advance(step)

    # The one file.
    path = copies / "contracts" / "equipment-sensors.avsc"
    schema = json.loads(path.read_text())
    torque = {"name": "torque", "type": ["null", "double"], "default": None, "doc": "Spindle torque.", "unit": "Nm"}
    schema["fields"].append({**torque, "valid": [0.0, 5000.0], "channel": True})
    path.write_text(json.dumps(schema))
    contracts.cache_clear()

    # What `millwright up` does.
    plant.millwright("contracts", "check", "--against", str(ROOT / "contracts"))
    registry.register_all()
    platform_tables.migrate()

    publish("equipment-sensors", readings(2, torque=40.0))
    plant.publish_with("equipment-sensors", old_producer, readings(4))
    plant.to_marts()

    counts = "select count(*), count(torque) from "
    assert query(counts + "raw.sensor_readings") == [(36, 12)]
    assert query(counts + "marts.fact_sensor_readings") == [(36, 12)]
    hours = "select torque_mean from intermediate.int_equipment_metrics_hourly order by hour"
    assert [mean for (mean,) in query(hours)] == [None, None, 40.0, 40.0, None, None]

    # Old lake files are read again as if nothing had happened: a warehouse from bronze alone is the same.
    before = plant.tables("raw", "marts")
    shutil.rmtree(Path(settings().lake.removeprefix("file://")) / "silver")
    plant.to_marts()
    assert plant.tables("raw", "marts") == before
