"""Silver beside compaction, retention and mended records."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest

from millwright import bronze
from millwright.contracts import contract
from millwright.lake.repaired import publish_repair
from millwright.silver_position import silver_position
from millwright.store import lake_store
from spark_jobs.cleanse import cleanse_new
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from streaming.lake_care import care
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.sweep import sweep_partition
from tests.spark_jobs.bronze_writer import FIRST_APPEND_MS, BronzeWriter, _body

STREAM = "equipment-sensors"
START = dt.datetime(2025, 6, 30, 22, 0, tzinfo=dt.UTC)


def reading(minutes: int, temperature: float, machine: str = "M-1") -> dict:
    return {"equipment_id": machine, "event_time": START + dt.timedelta(minutes=minutes), "temperature": temperature}


def in_silver() -> dict[tuple[str, int], tuple[float, int]]:
    """(machine, minute) → temperature and offset."""
    spec = contract(STREAM)
    silver = Silver.open(spec)
    rows = silver.read(silver.files(), silver_schema(spec)).read_all().to_pylist()
    found = {
        (row["equipment_id"], int((row["event_time"] - START).total_seconds() // 60)): (
            row["temperature"],
            row["_offset"],
        )
        for row in rows
    }
    assert len(found) == len(rows)
    return found


def mend(number: int, rows: dict[int, dict], partition: int = 0) -> None:
    """Publish mended records, by the offset that each had."""
    spec = contract(STREAM)
    offsets = sorted(rows)
    times = [FIRST_APPEND_MS + offset for offset in offsets]
    header = bronze.Header(
        topic=spec.topic,
        partition=partition,
        first_offset=offsets[0],
        next_offset=offsets[-1] + 1,
        schema_id=1,
        accepted=len(offsets),
        rejected={},
        append_min=times[0],
        append_max=times[-1],
        quarantine=None,
        quarantine_sha256=None,
        repaired={"undecodable": len(offsets)},
    )
    bodies = pa.array([_body(spec.avro, rows[offset]) for offset in offsets], pa.binary())
    records = bronze.Records(pa.array(offsets, pa.int64()), pa.array(times, pa.int64()), bodies)
    assert publish_repair(lake_store(), spec.topic, partition, number, bronze.write(spec, header, records))


@pytest.fixture
def writer(lake) -> BronzeWriter:
    return BronzeWriter(contract(STREAM))


def test_what_was_compacted_after_a_part_of_it_was_read_is_read_on_from_there(writer, engine):
    for i in range(3):
        writer.write(0, [reading(2 * i, float(i)), reading(2 * i + 1, float(i))])
    assert cleanse_new(STREAM, engine).records == 6
    for i in range(3, 6):
        writer.write(0, [reading(2 * i, float(i)), reading(2 * i + 1, float(i))])
    mend(0, {100: reading(50, 5.0)})
    assert compact_partition(lake_store(), STREAM, 0, 1000).replaced == 5
    sweep_partition(lake_store(), STREAM, 0)
    result = cleanse_new(STREAM, engine)
    assert (result.records, result.duplicates) == (7, 0)
    assert len(in_silver()) == 13
    assert cleanse_new(STREAM, engine).files == 0


def test_a_mended_record_comes_late_into_silver_and_gives_way_to_a_newer_correction(writer, engine):
    """Offsets 0 to 2 were rejected; what was said of minute 1 was corrected since."""
    writer.write(0, [reading(1, 21.0), reading(9, 29.0)], skip=3)
    cleanse_new(STREAM, engine)
    mend(0, {0: reading(0, 10.0), 1: reading(1, 11.0)})
    assert cleanse_new(STREAM, engine).records == 2
    assert in_silver() == {("M-1", 0): (10.0, 0), ("M-1", 1): (21.0, 3), ("M-1", 9): (29.0, 4)}
    mend(1, {2: reading(0, 12.0)})
    assert cleanse_new(STREAM, engine).records == 1
    assert in_silver()["M-1", 0] == (12.0, 2)
    assert cleanse_new(STREAM, engine).files == 0
    assert silver_position(contract(STREAM)) == {0: 5, -1: 2}


def test_silver_made_anew_has_the_mended_records_too(writer, engine):
    writer.write(0, [reading(1, 21.0)], skip=1)
    writer.write(1, [reading(5, 25.0, "M-3")])
    mend(0, {0: reading(0, 10.0)})
    assert cleanse_new(STREAM, engine).records == 3
    assert in_silver() == {("M-1", 0): (10.0, 0), ("M-1", 1): (21.0, 1), ("M-3", 5): (25.0, 0)}


def test_retention_drops_what_silver_has_read_and_silver_goes_on(writer, engine):
    for i in range(3):
        writer.write(0, [reading(i, float(i))])
    cleanse_new(STREAM, engine)
    for i in range(3, 5):
        writer.write(0, [reading(i, float(i))])
    assert care.expire([STREAM], older_than_days=1)[STREAM].files == 3
    assert care.expire([STREAM], older_than_days=1)[STREAM].unread == 1
    cleanse_new(STREAM, engine)
    assert len(in_silver()) == 5
    assert care.expire([STREAM], older_than_days=1)[STREAM].files == 1
