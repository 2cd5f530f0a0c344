"""dbt keeps what it did: one row per run, and one per outcome of a model or a test as long as it comes out alike."""

from __future__ import annotations

from datetime import UTC, datetime

from millwright.warehouse import session
from quality.findings import _tests
from quality.judge import WAREHOUSE
from tests.dbt_transformations.loads import at, load, query

# Not the tests that also need models which have not been built.
SELECTED = ("--indirect-selection", "buildable", "--select", "stg_sensor_readings")
READING = {"equipment_id": "m1", "event_time": at("2026-01-30 00:00"), "temperature": 20.0}


def test_an_outcome_has_one_row_however_often_it_comes_and_another_when_it_changes(dbt):
    load("sensor_readings", [READING])
    dbt("build", *SELECTED)
    dbt("test", *SELECTED)
    load("sensor_readings", [READING | {"temperature": 5000.0}])
    dbt("test", *SELECTED, fails=True)
    outcomes = "select name, status, failures, runs from platform.dbt_results"
    found = query(f"{outcomes} where name ~ 'temperature' order by result_id")
    assert [row[1:] for row in found] == [("pass", 0, 2), ("fail", 1, 1)]
    [(message,)] = query("select message from platform.dbt_results where status = 'fail'")
    assert message == "Got 1 result, configured to fail if != 0"
    assert query("select command, selected, failed from platform.dbt_runs order by started_at") == [
        ("build", "stg_sensor_readings", 0),
        ("test", "stg_sensor_readings", 0),
        ("test", "stg_sensor_readings", 1),
    ]

    with session() as connection, connection.cursor() as cursor:
        findings = _tests(cursor, datetime.now(UTC))
    [failing] = [about for about, [finding] in findings.items() if finding.breached]
    assert failing == (WAREHOUSE, "failed_tests", found[0][0])
    assert "fails for 1 row." in findings[failing][0].said


def test_a_selection_and_a_message_with_quotes_are_kept_as_they_are(dbt):
    dbt("run", "--select", "stg_sensor_readings", "o'brien")
    assert query("select selected from platform.dbt_runs") == [("stg_sensor_readings o'brien",)]


def test_a_micro_batch_that_succeeds_is_told_by_its_load_alone(dbt):
    dbt("run", "--select", "stg_sensor_readings,tag:near_real_time", "stg_sensor_readings")
    assert query("select selected from platform.dbt_runs") == []
