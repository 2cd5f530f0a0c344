from __future__ import annotations

import io
import json
import math
import struct
from datetime import UTC, datetime

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright.contracts import Contract, contract, contracts, parse_contract
from millwright.errors import MillwrightError
from millwright.wire import as_table, encode, header

VALUES = {
    "string": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    "double": st.floats(),
    "float": st.floats(width=32),
    "long": st.integers(-(2**63), 2**63 - 1),
    "int": st.integers(-(2**31), 2**31 - 1),
    "boolean": st.booleans(),
    "timestamp-micros": st.integers(-(2**50), 2**52),
}

EVERY_TYPE = parse_contract(
    {
        "type": "record",
        "name": "Everything",
        "topic": "everything",
        "key": "id",
        "event_time": "at",
        "unique": ["id", "at"],
        "fields": [
            {"name": "id", "type": "string"},
            {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
            *({"name": f"r_{kind}", "type": kind} for kind in ("double", "float", "long", "int", "boolean")),
            *(
                {"name": f"o_{kind}", "type": ["null", kind], "default": None}
                for kind in ("string", "double", "float", "long", "int", "boolean")
            ),
            {"name": "o_at", "type": ["null", {"type": "long", "logicalType": "timestamp-micros"}], "default": None},
        ],
    },
    "everything.avsc",
)


def rows_of(spec: Contract) -> st.SearchStrategy[dict]:
    fields = {f.name: st.none() | VALUES[f.avro_type] if f.nullable else VALUES[f.avro_type] for f in spec.fields}
    return st.fixed_dictionaries(fields)


def plain(spec: Contract) -> dict:
    """The schema without logical types, so that any long is a time stamp to fastavro."""
    return fastavro.parse_schema(json.loads(json.dumps(spec.avro).replace(', "logicalType": "timestamp-micros"', "")))


def as_fastavro_writes(spec: Contract, row: dict) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, plain(spec), row)
    return out.getvalue()


@pytest.mark.parametrize("spec", [*contracts().values(), EVERY_TYPE], ids=lambda spec: spec.stream)
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_records_are_the_bytes_that_fastavro_writes(spec: Contract, data):
    rows = data.draw(st.lists(rows_of(spec), max_size=8))
    encoded = [record for records in encode(spec, rows) for record in records]
    assert [body for _, body in encoded] == [as_fastavro_writes(spec, row) for row in rows]
    assert [key for key, _ in encoded] == [row[spec.key].encode() for row in rows]


def test_many_rows_keep_their_order_and_their_values():
    at = datetime(2026, 3, 1, tzinfo=UTC)
    rows = [{"equipment_id": f"m{i}", "event_time": at, "temperature": float(i)} for i in range(25_001)]
    spec = contract("equipment-sensors")
    from_rows = [record for records in encode(spec, rows) for record in records]
    sliced = as_table(spec, [*rows[:7], *rows]).slice(7)
    assert from_rows == [record for records in encode(spec, sliced) for record in records]
    assert [int(key[1:]) for key, _ in from_rows] == list(range(25_001))
    body = fastavro.schemaless_reader(io.BytesIO(from_rows[-1][1]), fastavro.parse_schema(spec.avro))
    assert body["temperature"] == 25_000.0
    assert body["event_time"] == at


def test_not_a_number_is_written_as_it_is_for_the_sink_to_judge():
    row = {"equipment_id": "m", "event_time": 0, "temperature": math.nan}
    [[(_, body)]] = encode(contract("equipment-sensors"), [row])
    read = fastavro.schemaless_reader(io.BytesIO(body), plain(contract("equipment-sensors")))
    assert math.isnan(read["temperature"])


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"equipment_id": "m"}, "required field 'event_time' is missing in row 1"),
        ({"equipment_id": None, "event_time": 1}, "required field 'equipment_id' is missing"),
        ({"equipment_id": "m", "event_time": 1, "temp": 2.0}, "has no field 'temp'"),
        ({"equipment_id": "m", "event_time": 1, "temperature": "hot"}, "'temperature' has to be a double"),
        ({"equipment_id": 7, "event_time": 1}, "'equipment_id' has to be a string"),
        ({"equipment_id": "m", "event_time": 2**64}, "'event_time' has to be a timestamp-micros"),
    ],
)
def test_a_row_that_does_not_fit_is_refused_by_the_name_of_its_field(row, said):
    with pytest.raises(MillwrightError, match=said):
        list(encode(contract("equipment-sensors"), [row]))


def test_a_table_may_leave_out_optional_columns_and_bring_narrower_types():
    table = pa.table({"event_time": pa.array([1], pa.timestamp("ms")), "equipment_id": ["m"], "units": [3]})
    spec = contract("production-metrics")
    with pytest.raises(MillwrightError, match="'interval_seconds' is missing"):
        as_table(spec, table)
    more = {
        "interval_seconds": [1],
        "product_id": ["p"],
        "ideal_cycle_time": [1.5],
        "good_units": pa.array([2], pa.int8()),
    }
    for name, column in more.items():
        table = table.append_column(name, pa.array(column) if isinstance(column, list) else column)
    full = as_table(spec, table)
    assert full.schema == spec.arrow_schema
    assert full["event_time"].cast(pa.int64()).to_pylist() == [1000]


@given(st.integers(0, 2**31 - 1))
def test_the_header_is_a_zero_and_the_id(schema_id):
    assert struct.unpack(">bI", header(schema_id)) == (0, schema_id)
