from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
from collections import namedtuple
from itertools import pairwise

import fastavro
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import settings
from spark_jobs import cleanse, outliers, parts, windows
from spark_jobs.cleanse import batches, cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.outliers import is_outlier
from spark_jobs.silver import Silver
from spark_jobs.silver_files import LINEAGE, silver_schema
from tests.contract_change import changed_contract
from tests.spark_jobs.bronze_writer import BronzeWriter

SENSORS = "equipment-sensors"
# Ten minutes before midnight of a day ten years ago, so that windows reach over midnight.
START = dt.datetime(2015, 6, 30, 22, 0, tzinfo=dt.UTC)
PARTITION = {"M-1": 0, "M-2": 0, "M-3": 1}


def reading(machine, minutes, temperature=60.0, vibration=None):
    return {
        "equipment_id": machine,
        "event_time": START + dt.timedelta(minutes=minutes),
        "temperature": temperature,
        "vibration": vibration,
    }


def silver_of(stream=SENSORS, lineage=False) -> pa.Table:
    """All rows of silver, ordered; without lineage unless wanted."""
    spec = contract(stream)
    silver = Silver.open(spec)
    schema = silver_schema(spec)
    rows = silver.read(silver.files(), schema).read_all()
    kept = [name for name in schema.names if lineage or name not in LINEAGE.names]
    return rows.select(kept).sort_by([(name, "ascending") for name in ("event_time", *spec.unique)])


def expected_silver(sent) -> list[dict]:
    """The rows that silver has to hold, by a dictionary and one window at a time."""
    latest = {(row["equipment_id"], row["event_time"]): row for row in sent}
    rows = [{**latest[key], "outlier_channels": None} for key in sorted(latest, key=lambda key: key[::-1])]
    for machine in PARTITION:
        own = [row for row in rows if row["equipment_id"] == machine]
        micros = np.array([int(row["event_time"].timestamp()) * 1_000_000 for row in own], dtype=np.int64)
        for channel in ("temperature", "vibration"):
            values = np.array([np.nan if row[channel] is None else row[channel] for row in own])
            for row, flag in zip(own, is_outlier(micros, values), strict=True):
                if flag:
                    row["outlier_channels"] = f"{row['outlier_channels']},{channel}".removeprefix("None,")
    return rows


def assert_parts_do_not_overlap():
    there = Silver.open(contract(SENSORS)).parts()
    assert all(before.last < after.first for before, after in pairwise(there))


records = st.builds(
    reading,
    st.sampled_from(sorted(PARTITION)),
    st.integers(0, 30).map(lambda n: 10 * n),
    st.sampled_from([None, 60.0, 60.5, 61.0, 500.0]),
    st.sampled_from([None, 3.0, 3.1, 40.0]),
)


@examples(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(records, max_size=60),
    st.lists(st.integers(0, 59), max_size=3).map(sorted),
    st.lists(st.integers(0, 59), max_size=2),
    st.integers(5, 1000),
    st.sampled_from([1, 4, 9, 200_000]),
    st.sampled_from([7, 60]),
)
def test_silver_depends_on_the_records_alone(engine, tmp_path_factory, sent, cuts, runs_after, batch, part, window):
    lake = tmp_path_factory.mktemp("lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", part)
        patch.setattr(outliers, "WINDOW_READINGS", window)
        patch.setattr(windows, "_OTHERS", window - 1)
        patch.setenv("MILLWRIGHT_LAKE_URL", f"file://{lake}")
        patch.setenv("MILLWRIGHT_CLEANSE_BATCH_RECORDS", str(batch))
        settings.cache_clear()
        bronze = BronzeWriter(contract(SENSORS))
        results = []
        for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True):
            for partition in (0, 1):
                rows = [row for row in sent[start:end] if PARTITION[row["equipment_id"]] == partition]
                bronze.write(partition, rows, skip=1)
            if start in runs_after or end == len(sent):
                results.append(cleanse_new(SENSORS, engine))
        rows = expected_silver(sent)
        found = silver_of().select(["equipment_id", "event_time", "temperature", "vibration", "outlier_channels"])
        assert found.to_pylist() == rows
        assert sum(r.records for r in results) == len(sent)
        assert sum(r.duplicates for r in results) == len(sent) - len(rows)
        assert_parts_do_not_overlap()
        again = cleanse_new(SENSORS, engine)
        assert (again.files, again.silver_version) == (0, results[-1].silver_version)
    settings.cache_clear()


def test_the_latest_position_wins_and_the_row_says_where_it_came_from(engine, lake):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(1, [reading("M-3", 0, 60.0), reading("M-3", 0, 61.0)])
    assert cleanse_new(SENSORS, engine).duplicates == 1
    bronze.write(1, [reading("M-3", 0, 62.0)], skip=5)
    result = cleanse_new(SENSORS, engine)
    assert (result.records, result.rows_written, result.duplicates) == (1, 1, 1)
    (row,) = silver_of(lineage=True).to_pylist()
    assert (row["temperature"], row["_partition"], row["_offset"]) == (62.0, 1, 7)
    assert row["_append_time"].microsecond == 7000


def test_a_late_reading_changes_the_marks_of_the_next_day_only(engine, lake):
    bronze = BronzeWriter(contract(SENSORS))
    # Five readings after midnight are too few to judge the jump; a late one before midnight makes six.
    bronze.write(0, [reading("M-1", 130 + 10 * i, 60.0 + i % 2) for i in range(4)] + [reading("M-1", 170, 500.0)])
    bronze.write(0, [reading("M-1", 60 * 24 * 3)])
    assert cleanse_new(SENSORS, engine).outliers == 0
    bronze.write(0, [reading("M-1", 110, 60.5)])
    result = cleanse_new(SENSORS, engine)
    assert result.dates == (dt.date(2015, 6, 30), dt.date(2015, 7, 1))
    assert result.outliers == 1
    marked = silver_of().to_pylist()
    assert [row["temperature"] for row in marked if row["outlier_channels"] == "temperature"] == [500.0]


def test_a_reading_after_midnight_is_judged_by_those_before_it(engine, lake):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(0, [reading("M-1", 10 * n, 60.0 + n % 2) for n in range(12)])
    cleanse_new(SENSORS, engine)
    bronze.write(0, [reading("M-1", 120, 500.0)])
    result = cleanse_new(SENSORS, engine)
    assert (result.dates, result.rows_written, result.outliers) == ((dt.date(2015, 7, 1),), 1, 1)
    assert silver_of().num_rows == 13


def test_null_equals_null_in_what_makes_two_records_the_same(engine, lake):
    stream = "equipment-status"
    spec = contract(stream)
    bronze = BronzeWriter(spec)
    error = {"equipment_id": "M-1", "event_time": START, "kind": "error"}
    bronze.write(0, [error, {**error, "code": "E1"}, {**error, "code": "E1", "reason": "again"}])
    cleanse_new(stream, engine)
    bronze.write(0, [{**error, "reason": "resent"}])
    cleanse_new(stream, engine)
    assert [(r["code"], r["reason"]) for r in silver_of(stream).to_pylist()] == [("E1", "again"), (None, "resent")]


def test_a_file_without_records_moves_the_vector_and_starts_no_engine(lake):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(3, [], skip=10)
    with Engine() as untouched:
        result = cleanse_new(SENSORS, untouched)
        assert "session" not in vars(untouched)
    assert (result.files, result.records, result.dates) == (1, 0, ())
    assert Silver.open(contract(SENSORS)).vector() == {3: 10}


def test_a_file_of_an_older_schema_has_null_for_a_newer_field(engine, lake):
    humidity = {"name": "humidity", "type": ["null", "double"], "default": None, "channel": True}
    BronzeWriter(contract(SENSORS)).write(0, [reading("M-1", 0)])
    cleanse_new(SENSORS, engine)
    with changed_contract(SENSORS, lambda avro: avro["fields"].append(humidity)):
        bronze = BronzeWriter(contract(SENSORS))
        bronze.write(1, [reading("M-3", 0)], without=["humidity"])
        bronze.write(1, [{**reading("M-3", 10), "humidity": 40.0}])
        cleanse_new(SENSORS, engine)
        assert silver_of()["humidity"].to_pylist() == [None, None, 40.0]


def overtaken_by(bronze, engine, monkeypatch, times):
    """Other runs cleanse a newer record while a run is about to commit."""
    left = [99.0 - n for n in range(times)]

    def meanwhile(place):
        if place == "cleanse.before_commit" and left:
            bronze.write(0, [reading("M-1", 0, left.pop())])
            with monkeypatch.context() as patch:
                patch.setattr(cleanse, "failpoint", lambda place: None)
                cleanse_new(SENSORS, engine)

    monkeypatch.setattr(cleanse, "failpoint", meanwhile)


def test_a_run_that_is_overtaken_writes_nothing_and_takes_what_is_left(engine, lake, monkeypatch):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(0, [reading("M-1", 0)])
    overtaken_by(bronze, engine, monkeypatch, 1)
    assert cleanse_new(SENSORS, engine).records == 0
    assert silver_of()["temperature"].to_pylist() == [99.0]
    bronze.write(1, [reading("M-3", 0)])
    cleanse_new(SENSORS, engine)
    assert silver_of()["temperature"].to_pylist() == [99.0, 60.0]


def test_a_run_that_is_overtaken_time_and_again_gives_up(engine, lake, monkeypatch):
    bronze = BronzeWriter(contract(SENSORS))
    bronze.write(0, [reading("M-1", 0)])
    monkeypatch.setattr(cleanse, "_TRIES", 1)
    overtaken_by(bronze, engine, monkeypatch, 1)
    with pytest.raises(Unavailable, match="Another run has cleansed"):
        cleanse_new(SENSORS, engine)
    assert silver_of()["temperature"].to_pylist() == [99.0]


@pytest.mark.parametrize("place", ["cleanse.before_commit", "cleanse.after_commit:2"])
def test_killed_at_a_commit_nothing_is_lost_or_doubled(any_lake, place):
    bronze = BronzeWriter(contract(SENSORS))
    sent = [reading("M-1", 10 * n) for n in range(9)]
    for n in range(3):
        bronze.write(0, sent[3 * n : 3 * n + 3])
    command = f"from spark_jobs.cleanse import cleanse_new; cleanse_new({SENSORS!r})"
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": place, "MILLWRIGHT_CLEANSE_BATCH_RECORDS": "3"}
    killed = subprocess.run([sys.executable, "-c", command], env=environment, check=False, timeout=120)
    assert killed.returncode == -signal.SIGKILL
    left = cleanse_new(SENSORS)
    assert left.records == {"cleanse.before_commit": 9, "cleanse.after_commit:2": 3}[place]
    assert silver_of().num_rows == 9


def test_a_file_that_holds_less_than_its_header_counts_is_refused(engine, lake, monkeypatch):
    path = BronzeWriter(contract(SENSORS)).write(0, [reading("M-1", 0), reading("M-1", 10)])
    with path.open("rb") as file:
        reader = fastavro.reader(file)
        kept, schema = [next(reader)], reader.writer_schema
    listed = cleanse.list_bronze("equipment-sensors", {})
    with path.open("wb") as out:
        fastavro.writer(out, schema, kept, codec="zstandard")
    monkeypatch.setattr(cleanse, "list_bronze", lambda topic, after: listed)
    with pytest.raises(MillwrightError, match=r"is damaged: its header lacks"):
        cleanse_new(SENSORS, engine)
    assert Silver.open(contract(SENSORS)).vector() == {}


File = namedtuple("File", "path partition accepted append_min")


@given(
    st.lists(st.builds(File, st.uuids(), st.integers(0, 2), st.integers(0, 9), st.integers(0, 9)), max_size=20),
    st.integers(1, 20),
)
def test_batches_hold_every_file_once_in_its_partitions_order(files, limit):
    lots = list(batches(files, limit))
    assert all(len(lot) == 1 or sum(f.accepted for f in lot) <= limit for lot in lots)
    flat = [file for lot in lots for file in lot]
    assert len(flat) == len(files)
    for partition in range(3):
        assert [f for f in flat if f.partition == partition] == [f for f in files if f.partition == partition]


def test_a_result_is_fit_for_json(engine, lake):
    BronzeWriter(contract(SENSORS)).write(0, [reading("M-1", 0)])
    assert cleanse_new(SENSORS, engine).as_dict() == {
        "stream": SENSORS,
        "silver_version": 1,
        "files": 1,
        "records": 1,
        "rows_written": 1,
        "duplicates": 0,
        "outliers": 0,
        "dates": ["2015-06-30"],
    }
