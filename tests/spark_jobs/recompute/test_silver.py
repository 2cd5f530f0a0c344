from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from millwright.contracts import contract
from millwright.errors import MillwrightError
from spark_jobs.cleanse import cleanse_new
from spark_jobs.recompute.run import days
from spark_jobs.recompute.silver import recompute
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from tests.spark_jobs.bronze_writer import BronzeWriter
from tests.spark_jobs.test_cleanse import SENSORS, START, reading, silver_of

FIRST, SECOND = START.date(), START.date() + dt.timedelta(days=1)

pytestmark = pytest.mark.usefixtures("lake")


@pytest.fixture
def cleansed(engine):
    """Two machines' readings over midnight, with an outlier before it, a duplicate and a file not cleansed yet."""
    writer = BronzeWriter(contract(SENSORS))
    minutes = range(0, 300, 10)
    rows = [reading(machine, n, 500.0 if n == 110 else 60.0 + n % 3) for machine in ("M-1", "M-2") for n in minutes]
    paths = [writer.write(0, rows), writer.write(1, [reading("M-3", 5), reading("M-3", 5, 61.0)])]
    cleanse_new(SENSORS, engine)
    writer.write(0, [reading("M-1", 20, 99.0)])
    return paths


def spoil(date: dt.date, machine: str) -> None:
    """Lose a machine's rows of a date from silver."""
    spec = contract(SENSORS)
    silver = Silver.open(spec)
    rows = silver.read([date], silver_schema(spec)).read_all()
    kept = [name != machine for name in rows["equipment_id"].to_pylist()]
    silver.replace([date], rows.filter(kept), {})


def test_a_sound_day_is_not_written(engine, cleansed):
    version = Silver.open(contract(SENSORS)).version
    done = recompute(SENSORS, FIRST, SECOND, engine)
    assert (done.rows, done.dates, done.written) == (silver_of().num_rows, (), False)
    assert Silver.open(contract(SENSORS)).version == version


def test_a_spoiled_day_is_put_right_with_the_windows_over_midnight_and_a_second_time_nothing_is_written(
    engine, cleansed
):
    before = silver_of(lineage=True)
    spoil(FIRST, "M-1")
    assert recompute(SENSORS, FIRST, FIRST, engine, dry_run=True).dates == (FIRST,)
    assert silver_of(lineage=True) != before
    done = recompute(SENSORS, FIRST, FIRST, engine)
    assert (done.dates, done.written) == ((FIRST,), True)
    assert silver_of(lineage=True) == before
    assert not recompute(SENSORS, FIRST, SECOND, engine).written


def test_only_the_machines_that_are_asked_for_are_computed(engine, cleansed):
    spoil(SECOND, "M-1")
    assert recompute(SENSORS, SECOND, SECOND, engine, machines=["M-2"]).dates == ()
    assert recompute(SENSORS, SECOND, SECOND, engine, machines=["M-1"]).dates == (SECOND,)


def test_a_day_without_data_is_no_error(engine, cleansed):
    assert recompute(SENSORS, dt.date(2014, 1, 1), dt.date(2014, 1, 2), engine).rows == 0
    assert recompute("equipment-status", FIRST, SECOND, engine).rows == 0


def test_a_broken_file_stops_it_and_changes_nothing(engine, cleansed):
    before = silver_of(lineage=True)
    path = Path(cleansed[0])
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(MillwrightError, match=r"is damaged|ends in its header"):
        recompute(SENSORS, FIRST, FIRST, engine)
    assert silver_of(lineage=True) == before


def test_a_window_is_written_as_dates_and_does_not_end_before_it_begins():
    assert days("2026-01-31") == [dt.date(2026, 1, 31)]
    assert days("2026-01-30", "2026-02-01")[-1] == dt.date(2026, 2, 1)
    for wrong in (("2026-01-31", "2026-01-30"), ("31.1.2026", None)):
        with pytest.raises(MillwrightError):
            days(*wrong)
