"""The statistics of a minute, and that they are the same to the last bit."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import Contract, contract, parse_contract
from streaming.analytics.summary import columns, summary

SPEC = contract("equipment-sensors")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)


def _table(spec: Contract, rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, spec.arrow_schema).select(columns(spec))


def _reading(second: float, vibration: float | None, machine: str = "a") -> dict[str, Any]:
    at = BEGIN + timedelta(seconds=second)
    return {"equipment_id": machine, "event_time": at, "vibration": vibration}


def _vibration(table: pa.Table) -> list[tuple[Any, ...]]:
    names = ("equipment_id", "readings", "mean", "minimum", "maximum", "last")
    return [tuple(row[name] for name in names) for row in table.to_pylist() if row["channel"] == "vibration"]


def test_minutes_and_machines_are_parted():
    rows = [_reading(61, 5.0), _reading(1, 1.0, "b"), _reading(2, 2.0), _reading(3, 4.0)]
    assert _vibration(summary(SPEC, _table(SPEC, rows))) == [
        ("a", 2, 3.0, 2.0, 4.0, 4.0),
        ("b", 1, 1.0, 1.0, 1.0, 1.0),
        ("a", 1, 5.0, 5.0, 5.0, 5.0),
    ]


def test_a_mean_lies_between_the_extremes():
    assert _vibration(summary(SPEC, _table(SPEC, [_reading(at, 0.1) for at in range(3)]))) == [
        ("a", 3, 0.1, 0.1, 0.1, 0.1)
    ]


def test_a_channel_without_a_value_has_no_readings():
    assert _vibration(summary(SPEC, _table(SPEC, [_reading(1, None)]))) == [("a", 0, None, None, None, None)]


def test_nothing_gives_nothing():
    assert len(summary(SPEC, _table(SPEC, []))) == 0


def test_what_makes_a_reading_unique_stands_in_its_contract():
    avro = dict(SPEC.avro) | {"unique": ["equipment_id", "event_time", "sensor"]}
    avro["fields"] = [*avro["fields"], {"name": "sensor", "type": "string", "doc": "Which of several."}]
    several = parse_contract(avro, "test")
    rows = [_reading(1, value) | {"sensor": sensor} for sensor, value in (("x", 1.0), ("y", 3.0), ("x", 2.0))]
    assert _vibration(summary(several, _table(several, rows))) == [("a", 2, 2.5, 2.0, 3.0, 3.0)]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60), st.integers())
def test_the_order_of_arrival_does_not_change_a_bit(values: list[float], seed: int):
    rows = [_reading(at, value) for at, value in enumerate(values)]
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert summary(SPEC, _table(SPEC, rows)).equals(summary(SPEC, _table(SPEC, shuffled)))
