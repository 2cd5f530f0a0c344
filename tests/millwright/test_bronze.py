from __future__ import annotations

import io
import json
from datetime import UTC, datetime

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright import bronze
from millwright.bronze import Header, Records
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.wire import encode

SPEC = contract("equipment-sensors")
NOW_MS = 1_772_323_200_123


def header(accepted: int, first: int = 7, **changes) -> Header:
    given_ = {
        "topic": "equipment-sensors",
        "partition": 3,
        "first_offset": first,
        "next_offset": first + 2 * accepted + 5,
        "schema_id": 12,
        "accepted": accepted,
        "rejected": {"undecodable": 4},
        "append_min": NOW_MS,
        "append_max": NOW_MS + 9,
        "quarantine": "quarantine/x.avro",
        "quarantine_sha256": "ab",
    }
    return Header(**{**given_, **changes})


def records(count: int, first: int = 7) -> Records:
    rows = [{"equipment_id": f"m{i}", "event_time": i, "temperature": i / 7} for i in range(count)]
    bodies = [body for part in encode(SPEC, rows) for _, body in part]
    offsets = pa.array([first + 2 * i for i in range(count)], pa.int64())
    return Records(offsets, pa.array([NOW_MS + i for i in range(count)], pa.int64()), pa.array(bodies, pa.binary()))


@settings(max_examples=25, deadline=None)
@given(count=st.integers(0, 60), first=st.integers(0, 2**62))
def test_any_avro_library_reads_records_behind_their_position(count: int, first: int):
    data = bronze.write(SPEC, header(count, first), records(count, first))
    reader = fastavro.reader(io.BytesIO(data))
    assert [f["name"] for f in reader.writer_schema["fields"]][:3] == ["_partition", "_offset", "_append_time"]
    for i, row in enumerate(reader):
        assert (row["_partition"], row["_offset"]) == (3, first + 2 * i)
        assert row["_append_time"] == datetime.fromtimestamp((NOW_MS + i) / 1000, UTC)
        assert (row["equipment_id"], row["temperature"], row["pressure"]) == (f"m{i}", i / 7, None)
    assert bronze.verify(data, "f") == header(count, first)


def test_a_file_of_many_blocks_is_read_whole():
    data = bronze.write(SPEC, header(50_003), records(50_003))
    assert bronze.verify(data, "f").accepted == 50_003
    assert len(list(fastavro.block_reader(io.BytesIO(data)))) == 3


def test_the_header_needs_only_the_files_beginning():
    data = bronze.write(SPEC, header(1000), records(1000))
    short = [n for n in range(len(data)) if bronze.read_header(data[:n], "f") is None]
    assert short == list(range(short[-1] + 1))
    assert short[-1] < 8192
    assert bronze.read_header(data[: short[-1] + 1 + 1], "f") == header(1000)


@pytest.mark.parametrize("place", [0.5, 0.999])
def test_a_damaged_file_is_known_by_its_checksum(place: float):
    data = bytearray(bronze.write(SPEC, header(1000), records(1000)))
    data[int(len(data) * place)] ^= 1
    with pytest.raises(MillwrightError, match="the-file is damaged"):
        bronze.verify(bytes(data), "the-file")


def test_a_header_that_counts_otherwise_is_damage():
    with pytest.raises(MillwrightError, match="does not hold the records"):
        bronze.verify(bronze.write(SPEC, header(4), records(3)), "f")


@pytest.mark.parametrize("data", [b"PAR1....", b"Obj\x01" + b"\x00" * 40])
def test_what_is_no_bronze_file_is_refused(data: bytes):
    with pytest.raises(MillwrightError, match="is damaged"):
        bronze.read_header(data, "f")


def test_the_contracts_own_attributes_stay_in_the_file():
    reader = fastavro.reader(io.BytesIO(bronze.write(SPEC, header(0), records(0))))
    schema = json.loads(reader.metadata["avro.schema"])
    assert schema["fields"][3:] == SPEC.avro["fields"]
    assert schema["topic"] == "equipment-sensors"


def test_spark_reads_a_bronze_file(tmp_path):
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    path = tmp_path / "f.avro"
    path.write_bytes(bronze.write(SPEC, header(30_000), records(30_000)))
    server = SparkConnectServer("127.0.0.1", 0)
    server.start()
    host, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://{host}:{port}").create()
    try:
        frame = spark.read.format("avro").load([str(path)])
        row = frame.selectExpr("count(*) n", "max(_offset) o", "sum(temperature) t", "min(_append_time) a").first()
        assert (row.n, row.o) == (30_000, 7 + 2 * 29_999)
        assert row.t == pytest.approx(sum(i / 7 for i in range(30_000)))
    finally:
        spark.stop()
        server.stop()
