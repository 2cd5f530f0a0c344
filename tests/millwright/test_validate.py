from __future__ import annotations

import math
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright.contracts import Contract, contract, contracts
from millwright.validate import bounds, rejections

NOW_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
TOLERANCE = 300.0
GOOD = {"equipment_id": "m1", "event_time": NOW_MS * 1000}


def judged(stream: str, *rows: dict, append_ms: int = NOW_MS) -> list[str | None]:
    spec = contract(stream)
    columns = [pa.array([row.get(f.name) for row in rows], f.arrow_type) for f in spec.fields]
    table = pa.Table.from_arrays(columns, schema=pa.schema([f.with_nullable(True) for f in spec.arrow_schema]))
    reasons = rejections(spec, table, pa.array([append_ms] * len(rows), pa.int64()), TOLERANCE)
    assert isinstance(reasons, pa.Array)
    return reasons.to_pylist()


def oracle(spec: Contract, row: dict) -> str | None:
    """The rule of the docstring, a row at a time."""
    for field in spec.fields:
        value = row.get(field.name)
        if value is None:
            if not field.nullable:
                return f"missing_required:{field.name}"
            continue
        if field.name == spec.key and value == "":
            return f"missing_required:{field.name}"
        if field.avro_type == "string":
            if field.allowed and value not in field.allowed:
                return f"not_allowed:{field.name}"
            if "\0" in value:
                return f"not_text:{field.name}"
        elif field.avro_type != "boolean":
            low, high = bounds(field)
            finite = not isinstance(value, float) or math.isfinite(value)
            if not finite or (low is not None and value < low) or (high is not None and value > high):
                return f"out_of_range:{field.name}"
    return "event_time_in_future" if row[spec.event_time] > NOW_MS * 1000 + TOLERANCE * 1e6 else None


def value_of(field) -> st.SearchStrategy:
    low, high = bounds(field) if field.avro_type not in ("string", "boolean") else (None, None)
    edges = [v for v in (low, high) if v is not None]
    near = [v + d for v in edges for d in (-1, 0, 1) if abs(v + d) < 2**62]
    kinds = {
        "string": st.sampled_from([*(field.allowed or ()), "x", "", "a\0b", "ä"]),
        "double": st.sampled_from([*map(float, near), math.nan, math.inf, -math.inf, 1.0]) | st.floats(),
        "long": st.sampled_from([*near, 1]) | st.integers(-(2**62), 2**62),
        "boolean": st.booleans(),
        "timestamp-micros": st.sampled_from(
            [*near, NOW_MS * 1000, NOW_MS * 1000 + 300_000_000, NOW_MS * 1000 + 300_000_001]
        ),
    }
    return st.none() | kinds[field.avro_type]


@pytest.mark.parametrize("spec", list(contracts().values()), ids=lambda spec: spec.stream)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_columns_are_judged_as_each_row_would_be(spec: Contract, data):
    ordinary = {"string": "p", "boolean": True}
    good = {f.name: st.just(f.allowed[0] if f.allowed else ordinary.get(f.avro_type, 1)) for f in spec.fields}
    good[spec.event_time] = st.just(NOW_MS * 1000)
    row = st.fixed_dictionaries({f.name: good[f.name] | value_of(f) for f in spec.fields})
    rows = data.draw(st.lists(row.filter(lambda r: r[spec.event_time] is not None), min_size=1, max_size=6))
    rows = [
        {k: float(v) if spec.field(k).avro_type == "double" and v is not None else v for k, v in r.items()}
        for r in rows
    ]
    assert judged(spec.stream, *rows) == [oracle(spec, row) for row in rows]


def test_a_good_record_passes_and_a_channel_may_be_missing():
    assert judged("equipment-sensors", {**GOOD, "temperature": 20.0}, GOOD) == [None, None]


def test_both_ends_of_the_valid_range_are_valid():
    rows = [{**GOOD, "temperature": t} for t in (-60.0, 1000.0, -60.01, 1000.01)]
    wrong = "out_of_range:temperature"
    assert judged("equipment-sensors", *rows) == [None, None, wrong, wrong]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_out_of_range_even_where_no_range_is_given(value):
    alert = {**GOOD, "alert_id": "a", "rule": "r", "severity": "warning", "state": "raised", "value": value}
    assert judged("equipment-alerts", alert) == ["out_of_range:value"]


def test_the_future_is_judged_by_the_brokers_clock():
    ahead = {**GOOD, "event_time": (NOW_MS + 300_001) * 1000}
    assert judged("equipment-sensors", ahead) == ["event_time_in_future"]
    assert judged("equipment-sensors", ahead, append_ms=NOW_MS + 1) == [None]


def test_a_date_that_no_database_holds_is_out_of_range():
    asset = {**GOOD, "equipment_name": "n", "equipment_type": "t", "plant_id": "p"}
    assert judged("equipment-assets", {**asset, "commissioned_at": 2**60}) == ["out_of_range:commissioned_at"]
    assert judged("equipment-assets", {**asset, "event_time": 0}) == ["out_of_range:event_time"]  # valid from 1990
