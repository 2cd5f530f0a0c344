"""What a raw table no longer keeps is gone at once, and stays gone whatever is loaded later."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys

import pytest

from millwright import retention
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.retention import Expired, expire, expire_by_settings
from millwright.settings import settings_with
from millwright.warehouse import session
from spark_jobs.load import load_new
from spark_jobs.silver import Silver
from tests.spark_jobs.silver_rows import silver_rows

SENSORS = "equipment-sensors"
MAY, JUNE, LATER = dt.date(2015, 5, 31), dt.date(2015, 6, 1), dt.date(2025, 6, 1)
READINGS = [(MAY, "M-1", 1.0), (MAY, "M-2", 2.0), (JUNE, "M-1", 3.0), (LATER, "M-1", 4.0)]
KEPT = [(3.0,), (4.0,)]

pytestmark = pytest.mark.usefixtures("fresh_database", "lake")


def query(statement: str) -> list[tuple]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def write(*readings) -> None:
    """Replace these dates of silver."""
    spec = contract(SENSORS)
    silver = Silver.open(spec)
    silver.replace({date for date, *_ in readings}, silver_rows(spec, readings), {0: silver.version})


def raw() -> list[tuple]:
    return query("select temperature from raw.sensor_readings order by 1")


@pytest.fixture
def loaded():
    write(*READINGS)
    load_new(SENSORS)


def test_months_before_the_one_given_are_dropped_and_count_as_deleted(loaded):
    assert expire("sensor_readings", dt.date(2015, 6, 15)) == Expired(months=1, rows=2)
    assert raw() == KEPT
    assert [held.month for held in retention.months("sensor_readings")] == [JUNE, LATER]
    assert query("select rows_deleted, silver_version from platform.loads order by load_id") == [(0, 1), (2, 1)]
    assert expire("sensor_readings", JUNE) == Expired(0, 0)
    assert query("select count(*) from platform.loads") == [(2,)]


def test_no_load_brings_them_back_and_each_says_what_is_too_old(loaded):
    expire("sensor_readings", JUNE)
    assert load_new(SENSORS).load_id is None
    write((MAY, "M-3", 9.0))
    late = load_new(SENSORS)
    assert (late.load_id, late.rows_too_old) == (None, 1)
    write((JUNE, "M-1", 3.0), (JUNE, "M-3", 5.0))
    assert load_new(SENSORS).rows_inserted == 2
    again = load_new(SENSORS, everything=True)
    assert (again.rows_inserted, again.rows_updated, again.rows_deleted, again.rows_too_old) == (0, 0, 0, 1)
    assert raw() == [*KEPT, (5.0,)]


def test_a_floor_never_sinks(loaded):
    expire("sensor_readings", LATER)
    expire("sensor_readings", JUNE)
    load_new(SENSORS, everything=True)
    assert raw() == [(4.0,)]


def test_what_is_killed_before_its_commit_has_dropped_nothing(loaded):
    code = (
        "import datetime as dt; from millwright.retention import expire; expire('sensor_readings', dt.date(2015, 6, 1))"
    )
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": "retention.before_commit"}
    killed = subprocess.run([sys.executable, "-c", code], env=environment, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(raw()) == 4
    assert expire("sensor_readings", JUNE) == Expired(1, 2)


def test_it_waits_for_no_load_that_runs(loaded):
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select pg_advisory_xact_lock(hashtextextended('millwright.load.sensor_readings', 0))")
        with pytest.raises(MillwrightError, match=r"load of raw\.sensor_readings is running"):
            expire("sensor_readings", JUNE)
    assert len(raw()) == 4


@pytest.mark.parametrize(
    ("table", "why"), [("equipment_assets", "however old"), ("readings", "There is no raw table 'readings'")]
)
def test_a_table_without_retention_is_refused(table, why):
    with pytest.raises(MillwrightError, match=why):
        expire(table, JUNE)


def test_the_settings_say_how_many_months_each_table_keeps(loaded):
    assert expire_by_settings() == {}
    with settings_with(warehouse_retention_months='{"sensor_readings": 120}'):
        assert expire_by_settings(newest=dt.date(2025, 6, 30)) == {"sensor_readings": Expired(1, 2)}
    with (
        settings_with(warehouse_retention_months='{"sensor_readings": 1, "readings": 1}'),
        pytest.raises(MillwrightError, match="no raw table 'readings'"),
    ):
        expire_by_settings()
    assert raw() == KEPT
