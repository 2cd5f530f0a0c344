from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys

import pyarrow as pa
import pytest
from deltalake import DeltaTable
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from millwright.warehouse import session
from spark_jobs import load
from spark_jobs.load import LoadResult, load_new
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from tests.contract_change import changed_contract
from tests.spark_jobs.silver_rows import silver_rows

SENSORS = "equipment-sensors"
MAY, JUNE, LATER = dt.date(2015, 5, 31), dt.date(2015, 6, 1), dt.date(2025, 6, 1)

pytestmark = pytest.mark.usefixtures("fresh_database", "lake")


def query(statement: str) -> list[tuple]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def write(readings, dates=None, **other) -> Silver:
    """Replace whole dates of silver: those of the readings (date, machine, temperature), unless told."""
    spec = contract(SENSORS)
    silver = Silver.open(spec)
    silver.replace(dates or {date for date, *_ in readings}, silver_rows(spec, readings, **other), {0: silver.version})
    return silver


def loads() -> list[tuple]:
    return query(
        "select load_id, table_name, silver_version, rows_inserted, rows_updated, rows_deleted"
        " from platform.loads order by load_id"
    )


def raw(columns="equipment_id, temperature, _load_id") -> list[tuple]:
    return query(f"select {columns} from raw.sensor_readings order by event_time, equipment_id")


def test_a_load_without_silver_has_nothing_to_do():
    assert load_new(SENSORS) == LoadResult("sensor_readings", None, 0, 0, 0, None)


def test_rows_arrive_with_all_their_columns():
    at = dt.datetime(2015, 5, 31, 12, tzinfo=dt.UTC)
    write([(MAY, "M-1", 61.5)], vibration=2.5, outlier_channels="vibration", _partition=3, _offset=7)
    load_new(SENSORS)
    columns = "equipment_id, event_time, temperature, vibration, pressure, outlier_channels, _partition, _offset"
    assert raw(columns) == [("M-1", at, 61.5, 2.5, None, "vibration", 3, 7)]


def test_a_second_load_changes_nothing_and_leaves_no_trace():
    silver = write([(MAY, "M-1", 1.0), (LATER, "M-1", 1.0)])
    assert load_new(SENSORS) == LoadResult("sensor_readings", 1, 2, 0, 0, silver.version)
    before = raw("*, xmin")
    silver.replace([], silver_schema(contract(SENSORS)).empty_table(), {0: 99})  # the vector moved, no row did
    assert load_new(SENSORS) == LoadResult("sensor_readings", None, 0, 0, 0, silver.version)
    assert raw("*, xmin") == before
    assert loads() == [(1, "sensor_readings", 1, 2, 0, 0)]


def test_only_what_differs_is_written_and_carries_the_new_load():
    write([(MAY, "M-1", 1.0), (MAY, "M-2", 2.0), (MAY, "M-3", 3.0), (JUNE, "M-1", 1.0)])
    load_new(SENSORS)
    write([(MAY, "M-1", 1.0), (MAY, "M-2", 2.5)])
    write([(LATER, "M-1", 9.0)])
    result = load_new(SENSORS)
    assert (result.rows_inserted, result.rows_updated, result.rows_deleted) == (1, 1, 1)
    assert raw() == [("M-1", 1.0, 1), ("M-2", 2.5, 2), ("M-1", 1.0, 1), ("M-1", 9.0, 2)]
    assert loads()[-1] == (2, "sensor_readings", 3, 1, 1, 1)


machines = st.dictionaries(st.sampled_from(["M-1", "M-2", "M-3"]), st.sampled_from([1.0, 2.0, None]))
states = st.lists(st.dictionaries(st.sampled_from([MAY, JUNE, LATER]), machines, min_size=1), max_size=4)


@examples(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(states, st.sets(st.integers(0, 3)))
def test_after_a_load_raw_is_silver(states, load_after):
    shutil.rmtree(settings().lake.removeprefix("file://"), ignore_errors=True)
    wanted = {}
    for number, state in enumerate(states):
        for date, readings in state.items():
            write([(date, machine, value) for machine, value in readings.items()], dates=[date])
            wanted[date] = readings
        if number in load_after or number == len(states) - 1:
            load_new(SENSORS)
    if states:
        found = query("select event_time::date, equipment_id, temperature from raw.sensor_readings")
        assert sorted(found, key=repr) == sorted(
            ((date, machine, value) for date, readings in wanted.items() for machine, value in readings.items()),
            key=repr,
        )
    assert load_new(SENSORS).load_id is None


def test_null_equals_null_in_what_makes_two_rows_the_same():
    spec = contract("equipment-status")
    row = {"equipment_id": "M-1", "kind": "error", "event_date": MAY, "_partition": 0, "_offset": 1}
    row |= {
        "event_time": dt.datetime(2015, 5, 31, tzinfo=dt.UTC),
        "_append_time": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    }
    silver = Silver.open(spec)
    for reason in ("first", "second"):
        rows = [{**row, "reason": reason}, {**row, "code": "E1", "reason": "same"}]
        silver.replace([MAY], pa.Table.from_pylist(rows, schema=silver_schema(spec)), {0: 1})
        result = load_new("equipment-status")
    assert (result.rows_inserted, result.rows_updated, result.rows_deleted) == (0, 1, 0)
    assert query("select code, reason from raw.equipment_events order by 1") == [("E1", "same"), (None, "second")]


def test_a_second_load_at_once_is_refused(monkeypatch):
    write([(MAY, "M-1", 1.0)])

    def meanwhile(place):
        if place == "load.before_commit":
            with pytest.raises(MillwrightError, match=r"Another load of raw\.sensor_readings is running"):
                load_new(SENSORS)

    monkeypatch.setattr(load, "failpoint", meanwhile)
    assert load_new(SENSORS).rows_inserted == 1


@pytest.mark.parametrize("place", ["load.after_copy", "load.before_commit"])
def test_the_warehouse_lost_in_a_load_is_said_and_a_retry_finishes(monkeypatch, place):
    write([(MAY, "M-1", 1.0)])
    load_new(SENSORS)
    write([(MAY, "M-1", 2.0), (MAY, "M-2", 2.0)])

    def cut(reached):
        if reached == place:
            query(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    with monkeypatch.context() as patch:
        patch.setattr(load, "failpoint", cut)
        with pytest.raises(Unavailable, match="does not answer"):
            load_new(SENSORS)
    assert (raw(), len(loads())) == ([("M-1", 1.0, 1)], 1)
    result = load_new(SENSORS)
    assert (result.rows_inserted, result.rows_updated) == (1, 1)
    assert [row[:2] for row in raw()] == [("M-1", 2.0), ("M-2", 2.0)]


@pytest.mark.parametrize("place", ["load.after_copy", "load.before_commit", "load.after_commit"])
def test_killed_in_a_load_nothing_is_lost_or_doubled(place):
    write([(MAY, "M-1", 1.0), (LATER, "M-2", 2.0)])
    command = f"from spark_jobs.load import load_new; load_new({SENSORS!r})"
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": place}
    killed = subprocess.run([sys.executable, "-c", command], env=environment, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    assert len(raw()) == (2 if place == "load.after_commit" else 0)
    load_new(SENSORS)
    assert [row[:2] for row in raw()] == [("M-1", 1.0), ("M-2", 2.0)]
    assert len(loads()) == 1


def test_silver_made_anew_is_compared_as_a_whole(lake):
    write([(MAY, "M-1", 1.0), (LATER, "M-1", 1.0)])
    load_new(SENSORS)
    shutil.rmtree(lake / "silver")
    write([(JUNE, "M-1", 1.0)])
    write([(MAY, "M-1", 1.0), (MAY, "M-2", 2.0)])
    result = load_new(SENSORS)
    assert (result.rows_inserted, result.rows_updated, result.rows_deleted) == (2, 0, 1)
    assert [row[:2] for row in raw()] == [("M-1", 1.0), ("M-2", 2.0), ("M-1", 1.0)]


def test_a_version_that_was_cleaned_away_is_no_obstacle(lake):
    write([(MAY, "M-1", 1.0)])
    load_new(SENSORS)
    write([(MAY, "M-1", 2.0)])
    DeltaTable(lake / "silver" / "sensor_readings").create_checkpoint()
    for version in (0, 1):
        (lake / "silver" / "sensor_readings" / "_delta_log" / f"{version:020d}.json").unlink()
    assert load_new(SENSORS).rows_updated == 1
    assert raw() == [("M-1", 2.0, 2)]


def test_a_contracts_new_field_reaches_rows_that_were_loaded_without_it():
    humidity = {"name": "humidity", "type": ["null", "double"], "default": None, "channel": True}

    def wider():
        return changed_contract(SENSORS, lambda avro: avro["fields"].append(humidity))

    write([(MAY, "M-1", 1.0)])
    load_new(SENSORS)
    with wider():
        write([(JUNE, "M-1", 1.0)], humidity=40.0)
    assert load_new(SENSORS).rows_inserted == 1
    with wider():
        assert load_new(SENSORS).rows_updated == 1
        assert raw("temperature, humidity") == [(1.0, None), (1.0, 40.0)]
        assert load_new(SENSORS).load_id is None


def test_only_partitions_of_months_with_rows_are_made():
    write([(MAY, "M-1", 1.0), (LATER, "M-1", 1.0)])
    load_new(SENSORS)
    parts = query("select inhrelid::regclass::text from pg_inherits where inhparent = 'raw.sensor_readings'::regclass")
    assert sorted(parts) == [("raw.sensor_readings_2015_05",), ("raw.sensor_readings_2025_06",)]


def test_progress_tells_rows_copied_and_to_copy():
    seen = []
    write([(MAY, "M-1", 1.0), (LATER, "M-1", 1.0)])
    load_new(SENSORS, lambda done, todo: seen.append((done, todo)))
    assert seen[-1] == (2, 2)


def test_days_that_are_asked_for_again_are_compared_and_count_as_loaded_anew():
    write([(MAY, "M-1", 1.0), (JUNE, "M-1", 2.0)])
    load_new(SENSORS)
    query("update raw.sensor_readings set temperature = 9 where temperature = 1")
    done = load_new(SENSORS, again=[MAY])
    assert (done.rows_inserted, done.rows_updated, done.rows_deleted) == (0, 1, 0)
    assert raw() == [("M-1", 1.0, 2), ("M-1", 2.0, 1)]
    assert load_new(SENSORS, again=[MAY, JUNE]).rows_updated == 2
    assert raw() == [("M-1", 1.0, 3), ("M-1", 2.0, 3)]


def test_a_day_without_a_row_is_asked_for_again_without_harm():
    write([(MAY, "M-1", 1.0)])
    load_new(SENSORS)
    before = raw()
    assert load_new(SENSORS, again=[LATER]).rows_updated == 0
    assert raw() == before
