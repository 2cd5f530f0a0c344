from __future__ import annotations

import datetime as dt
import os
import shutil
import signal
import subprocess
import sys

import pytest

from millwright.contracts import contract
from millwright.derived import computed_tables, sensor_features_hourly, sensor_summary
from millwright.errors import MillwrightError, Unavailable
from millwright.tables import migrate
from millwright.warehouse import session
from spark_jobs import derived, features
from spark_jobs.cleanse import cleanse_new
from spark_jobs.features import compute_new
from spark_jobs.load import load_new
from tests.spark_jobs.bronze_writer import BronzeWriter
from tests.spark_jobs.features_oracle import differences, expected_features, expected_summaries, same
from tests.spark_jobs.silver_streams import put, rows_of

SENSORS, EVENTS = "equipment-sensors", "equipment-status"
START = dt.datetime(2015, 5, 31, tzinfo=dt.UTC)
KILLED = "from spark_jobs.features import compute_new; compute_new()"


def reading(hours, temperature=60.0, machine="M-1"):
    return {"equipment_id": machine, "event_time": START + dt.timedelta(hours=hours), "temperature": temperature}


def query(statement: str) -> list[tuple]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


# Five tables are written; the conditions' position by a commit of its own, after which features come.
@pytest.mark.parametrize("place", ["features.before_commit:3", "features.after_commit:2"])
def test_killed_at_a_commit_the_next_run_gives_the_same_rows(engine, any_lake, place):
    readings = [reading(n, 60.0 + n % 5) for n in range(0, 80, 3)]
    events = [{**reading(5), "kind": "running"}, {**reading(30), "kind": "failure"}]
    put(SENSORS, readings)
    put(EVENTS, events)
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": place}
    killed = subprocess.run([sys.executable, "-c", KILLED], env=environment, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    compute_new()
    assert differences(rows_of(sensor_features_hourly()), expected_features(readings, events, []), 2, same) == []
    for span in ("day", "week"):
        assert differences(rows_of(sensor_summary(span)), expected_summaries(readings, span), 3, same) == []
    assert all(result.rows_computed == 0 for result in compute_new())


def test_a_run_that_wakes_up_late_undoes_nothing(engine, lake, monkeypatch):
    put(SENSORS, [reading(0)])
    compute_new(engine)
    put(SENSORS, [reading(0, 61.0)])
    whole = features._features

    def overtaken(*arguments):
        rows = whole(*arguments)
        monkeypatch.setattr(features, "_features", whole)
        put(SENSORS, [reading(0, 62.0)])
        compute_new(engine)
        return rows

    monkeypatch.setattr(features, "_features", overtaken)
    with pytest.raises(Unavailable, match="Another run has computed sensor_features_hourly meanwhile"):
        compute_new(engine)
    assert [row["temperature_mean_3h"] for row in rows_of(sensor_features_hourly())] == [62.0]
    assert all(result.rows_computed == 0 for result in compute_new(engine))


def test_dates_that_come_out_as_they_were_are_not_written(engine, lake):
    put(SENSORS, [reading(0), reading(24)])
    compute_new(engine)
    put(SENSORS, [reading(0)])  # the same row in another file
    assert [(r.dates, r.rows_written) for r in compute_new(engine)] == [(1, 0), (0, 0), (0, 0), (0, 0), (0, 0)]


def test_silver_made_anew_is_computed_as_a_whole(engine, lake):
    put(SENSORS, [reading(0), reading(48)])
    compute_new(engine)
    shutil.rmtree(lake / "silver" / "sensor_readings")
    put(SENSORS, [reading(48, 1.0)])
    compute_new(engine)
    assert [(r["hour"], r["temperature_mean_3h"]) for r in rows_of(sensor_features_hourly())] == [
        (START + dt.timedelta(hours=48), 1.0)
    ]


def test_another_formula_computes_all_history_anew(engine, lake, monkeypatch):
    put(SENSORS, [reading(0), reading(48)])
    compute_new(engine)
    monkeypatch.setattr(derived, "FORMULAS", derived.FORMULAS + 1)
    assert compute_new(engine)[0].dates == 2


@pytest.mark.usefixtures("fresh_database")
def test_features_and_summaries_reach_the_warehouse_and_only_what_differs_is_written(engine, lake):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(0, [reading(n, 60.0 + n) for n in range(30)])
    cleanse_new(SENSORS, engine)
    compute_new(engine)
    migrate()
    results = [load_new(name) for name in computed_tables()]
    assert [(r.rows_inserted, r.rows_updated, r.rows_deleted) for r in results] == [(30, 0, 0), (2, 0, 0), (2, 0, 0)]
    columns = "hour, temperature_mean_3h, temperature_lag_24h, reading_count, season, failure_count"
    assert query(f"select {columns} from raw.sensor_features_hourly order by hour desc limit 1") == [
        (START + dt.timedelta(hours=29), 88.0, 65.0, 1, "summer", 0)
    ]
    assert query("select channel, reading_count, mean, min, max from raw.sensor_summary_daily order by day") == [
        ("temperature", 24, 71.5, 60.0, 83.0),
        ("temperature", 6, 86.5, 84.0, 89.0),
    ]
    bronze.write(0, [reading(29, 0.0)])
    cleanse_new(SENSORS, engine)
    compute_new(engine)
    results = [load_new(name) for name in computed_tables()]
    assert [(r.rows_inserted, r.rows_updated, r.rows_deleted) for r in results] == [(0, 1, 0), (0, 1, 0), (0, 1, 0)]
    partitions = "select relname from pg_class where relname ~ '^sensor_features_hourly_[0-9_]+$' order by 1"
    assert query(partitions) == [("sensor_features_hourly_2015_05",), ("sensor_features_hourly_2015_06",)]
    assert [load_new(name).load_id for name in computed_tables()] == [None, None, None]


def test_a_name_that_is_neither_stream_nor_table_is_told_with_those_there_are(lake):
    with pytest.raises(MillwrightError, match=r"no stream or table 'sensors'; there are .*sensor_summary_weekly"):
        load_new("sensors")
