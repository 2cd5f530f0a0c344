"""Bronze to marts in micro-batches, in one process."""

from __future__ import annotations

import datetime as dt

import pytest

from millwright import reference
from millwright.contracts import contract
from millwright.dbt_warm import WarmDbt
from millwright.errors import Unavailable
from millwright.settings import settings
from millwright.warehouse import session
from spark_jobs import micro_batches
from spark_jobs.micro_batches import follow, micro_batch
from tests.spark_jobs.bronze_writer import BronzeWriter

START = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


@pytest.fixture
def bronze(lake, fresh_database, tmp_path, monkeypatch) -> BronzeWriter:
    monkeypatch.setenv("DBT_PROFILES_DIR", str(tmp_path))
    monkeypatch.setenv("MILLWRIGHT_MICRO_BATCH_SECONDS", "0")
    monkeypatch.setenv("MILLWRIGHT_MICRO_BATCH_IDLE_SECONDS", "0")
    settings.cache_clear()
    reference.apply()
    yield BronzeWriter(contract("equipment-sensors"))
    monkeypatch.undo()
    settings.cache_clear()


def reading(minute: int, temperature: float = 60.0):
    at = START + dt.timedelta(minutes=minute)
    return {"equipment_id": "M-1", "event_time": at, "temperature": temperature}


def in_the_mart() -> list[float]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("select temperature from marts.fact_sensor_readings order by event_time")
        return [value for (value,) in cursor.fetchall()]


def test_what_lands_is_in_the_marts_when_a_batch_is_done_and_a_quiet_one_does_nothing(bronze, engine):
    dbt = WarmDbt()
    bronze.write(0, [reading(0)])
    assert micro_batch(engine, dbt, everything=True).rows == 1
    bronze.write(0, [reading(1), reading(0, 61.0)])  # one of them a correction
    done = micro_batch(engine, dbt)
    assert (done.records, done.rows, done.tables) == (2, 2, ["sensor_readings"])
    assert in_the_mart() == [61.0, 60.0]
    quiet = micro_batch(engine, dbt)
    assert (quiet.records, quiet.rows, quiet.tables) == (0, 0, [])


def test_a_run_ends_when_nothing_comes_and_makes_good_what_one_before_it_left(bronze, monkeypatch):
    bronze.write(0, [reading(0)])
    with monkeypatch.context() as patch:
        patch.setattr(micro_batches, "_FAILURES", 1)
        patch.setattr(micro_batches, "load_new", _away)
        with pytest.raises(Unavailable):
            follow()
    # Cleansed, and not loaded: no new record will tell the next run.
    assert follow()["records"] == 0
    assert in_the_mart() == [60.0]


def test_a_part_that_is_away_for_a_moment_does_not_end_the_run(bronze, monkeypatch):
    bronze.write(0, [reading(0)])
    load_new, failures = micro_batches.load_new, [1]

    def once_away(*what, **how):
        if failures:
            failures.pop()
            _away()
        return load_new(*what, **how)

    monkeypatch.setattr(micro_batches, "load_new", once_away)
    monkeypatch.setattr(micro_batches, "_PAUSE_SECONDS", 0.0)
    follow()
    assert in_the_mart() == [60.0]


def _away(*what, **how):
    raise Unavailable("The warehouse does not answer.")
