"""A stream with 3 % corrupt records: one alert, none by a second run, and it is over when the data is good again."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from millwright.contracts import contract
from millwright.publisher import Publisher
from tests.e2e import plant

STREAM = "equipment-sensors"
# What tells of runs is another after each.
OF_RUNS = ("asked_at", "last_at", "seconds", "runs")


def send(good: int, corrupt: int) -> None:
    """Readings of one machine, a hundredth of a second apart up to now, and messages that are no Avro among them."""
    now = datetime.now(UTC)
    times = (now - timedelta(seconds=(good - n) / 100) for n in range(good))
    readings = [{"equipment_id": "m1", "event_time": at, "temperature": 20.0 + n % 7} for n, at in enumerate(times)]
    with Publisher() as publisher:
        publisher.send(STREAM, readings)
        for _ in range(corrupt):
            publisher.send_raw(contract(STREAM).topic, b"m1", b"\1 not Avro")


def run() -> list[dict[str, Any]]:
    """Land, cleanse, load, and a round of data quality; the alerts that it sent."""
    for step in ("land", "cleanse", "load"):
        plant.advance(step)
    return list(json.loads(plant.millwright("quality", "run", "--json"))["alerts"])


def test_corrupt_records_raise_one_alert_that_is_cleared_when_it_is_over(factory: Path):
    send(970, 30)
    sent = run()
    assert len(sent) == 1, sent
    [alert] = sent
    assert (alert["rule"], alert["state"]) == ("validation_pass_rate", "raised")
    assert alert["equipment_id"] == f"platform:{STREAM}"
    assert "97 % of 1,000 records were valid" in alert["message"]
    assert run() == []  # but it lands what the first run sent
    assert "less than 99 %" in plant.millwright("quality", "--stream", STREAM)
    before, marts = plant.tables("platform", without=OF_RUNS), plant.tables("marts")
    assert run() == []
    after = plant.tables("platform", without=OF_RUNS)
    assert {name for name in before if before[name] != after[name]} <= {"platform.dbt_runs"}
    assert plant.tables("marts") == marts

    send(3000, 0)
    [over] = run()
    assert (over["state"], over["alert_id"]) == ("cleared", alert["alert_id"])
    for step in ("land", "cleanse", "load"):
        plant.advance(step)
    assert plant.rows("raw.equipment_alerts where state = 'raised' and rule = 'validation_pass_rate'") == 1
    assert plant.rows("raw.equipment_alerts where state = 'cleared' and rule = 'validation_pass_rate'") == 1
    assert "Nothing is in breach." in plant.millwright("quality")
    assert plant.rows("marts.mart_platform_health where area = 'quarantine' and value = 30") == 1
    assert plant.rows("marts.mart_pipeline_runs where stage = 'cleanse'") > 0
