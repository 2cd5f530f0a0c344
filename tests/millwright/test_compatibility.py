"""What may change in a contract, held against Avro's own rules."""

from __future__ import annotations

import copy
import io
from typing import Any

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.compatibility import Problem, incompatibilities
from millwright.contracts import Contract, contracts, parse_contract

TIMESTAMP = {"type": "long", "logicalType": "timestamp-micros"}


def schema() -> dict[str, Any]:
    return {
        "type": "record",
        "name": "Oven",
        "namespace": "millwright",
        "topic": "ovens",
        "key": "oven_id",
        "event_time": "at",
        "unique": ["oven_id", "at"],
        "fields": [
            {"name": "oven_id", "type": "string", "doc": "The oven."},
            {"name": "at", "type": TIMESTAMP, "doc": "When."},
            {"name": "heat", "type": "double", "unit": "°C", "doc": "Heat."},
            {"name": "humidity", "type": ["null", "double"], "default": None, "unit": "%", "doc": "Humidity."},
            {"name": "loaves", "type": "int", "doc": "Loaves."},
        ],
    }


def parsed(avro: dict[str, Any]) -> dict[str, Contract]:
    contract = parse_contract(avro, "test")
    return {contract.stream: contract}


def field(avro: dict[str, Any], name: str) -> dict[str, Any]:
    return next(f for f in avro["fields"] if f["name"] == name)


def add(avro: dict[str, Any], **attributes: Any) -> Any:
    avro["fields"].append(attributes)


def drop(avro: dict[str, Any], name: str) -> None:
    avro["fields"].remove(field(avro, name))


CHANGES = {
    "added without a default": (lambda s: add(s, name="gas", type=["null", "double"]), "gas", "without a default"),
    "added with a wrong default": (
        lambda s: add(s, name="gas", type=["null", "double"], default=0.0),
        "gas",
        "does not fit",
    ),
    "removed that had no default": (lambda s: drop(s, "heat"), "heat", "no default"),
    "renamed": (lambda s: field(s, "heat").update(name="temperature"), "heat", "renamed to 'temperature'"),
    "renamed with an alias": (
        lambda s: field(s, "humidity").update(name="moisture", doc="Other.", aliases=["humidity"]),
        "humidity",
        "renamed to 'moisture'",
    ),
    "promoted": (lambda s: field(s, "loaves").update(type="long"), "loaves", "from int to long"),
    "made optional": (lambda s: field(s, "heat").update(type=["null", "double"], default=None), "heat", "optional"),
    "made required": (lambda s: field(s, "humidity").update(type="double", default=0.0), "humidity", "required"),
    "default taken away": (lambda s: field(s, "humidity").pop("default"), "humidity", "default was taken away"),
    "unit": (lambda s: field(s, "heat").update(unit="K"), "heat", "unit changed from '°C' to 'K'"),
    "key": (
        lambda s: (add(s, name="line", type="string", default=""), s.update(key="line")),
        "key",
        "from 'oven_id' to 'line'",
    ),
    "unique": (lambda s: s.update(unique=["oven_id", "at", "loaves"]), "unique", "duplicates"),
    "event time": (
        lambda s: (add(s, name="t", type=TIMESTAMP, default=0), s.update(event_time="t", unique=["oven_id", "t"])),
        "event_time",
        "from 'at' to 't'",
    ),
    "table": (lambda s: s.update(table="bakery"), "table", "from 'ovens' to 'bakery'"),
    "topic": (lambda s: s.update(topic="bakery"), "topic", "changed to 'bakery'"),
    "record name": (lambda s: s.update(name="Furnace"), "name", "by name"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_breaking_change_is_refused_by_field_and_reason(case):
    change, named, reason = CHANGES[case]
    new = schema()
    change(new)
    problems = incompatibilities(parsed(schema()), parsed(new))
    assert any(p.stream in ("ovens", "bakery") and p.field == named and reason in p.reason for p in problems), problems


def test_a_stream_that_is_gone_is_refused():
    assert incompatibilities(parsed(schema()), {}) == [
        Problem("ovens", "stream", "removed, while its producers and its history are still there")
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: add(s, name="gas", type=["null", "double"], default=None, unit="m³/h"),
        lambda s: add(s, name="batch", type="string", default=""),
        lambda s: drop(s, "humidity"),
        lambda s: field(s, "heat").update(doc="Said better.", valid=[0.0, 400.0]),
        lambda s: s["fields"].reverse(),
        lambda s: None,
    ],
)
def test_a_safe_change_is_let_through(change):
    new = schema()
    change(new)
    assert incompatibilities(parsed(schema()), parsed(new)) == []


def test_a_new_stream_is_always_safe():
    assert incompatibilities({}, contracts()) == []


# Any two versions of a record: fields from a small pool of names, each with some type, default and unit.
_TYPES: list[Any] = ["int", "long", "float", "double", "string", "boolean"]
_VALUES = {"int": 1, "long": 2, "float": 1.5, "double": 2.5, "string": "x", "boolean": True}


@st.composite
def _field(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind, nullable = draw(st.sampled_from(_TYPES)), draw(st.booleans())
    made: dict[str, Any] = {"name": name, "type": ["null", kind] if nullable else kind}
    if draw(st.booleans()):
        made["default"] = None if nullable else _VALUES[kind]
    if draw(st.booleans()):
        made["unit"] = draw(st.sampled_from(["m", "s"]))
    return made


@st.composite
def _versions(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    old = schema()
    old["fields"] = old["fields"][:2] + [draw(_field(n)) for n in draw(st.sets(st.sampled_from("abc"), max_size=3))]
    new = copy.deepcopy(old)
    for name in draw(st.sets(st.sampled_from("abcd"), max_size=2)):
        new["fields"] = [f for f in new["fields"] if f["name"] != name]
        if draw(st.booleans()):
            new["fields"].append(draw(_field(name)))
    return old, new


def _records(avro: dict[str, Any]) -> list[dict[str, Any]]:
    """A record with every optional field null, and one with none."""
    known = {"oven_id": "o1", "at": 0}
    made: list[dict[str, Any]] = [dict(known), dict(known)]
    for f in avro["fields"][2:] if avro["fields"][0]["name"] == "oven_id" else avro["fields"]:
        if f["name"] in known:
            continue
        optional = isinstance(f["type"], list)
        made[0][f["name"]] = None if optional else _VALUES[f["type"]]
        made[1][f["name"]] = _VALUES[f["type"][1] if optional else f["type"]]
    return made


def _reads(writer: dict[str, Any], reader: dict[str, Any]) -> None:
    """Raises when a reader of one version cannot read the other's records, or reads a shared field wrongly."""
    writer_schema, reader_schema = fastavro.parse_schema(writer), fastavro.parse_schema(reader)
    for record in _records(writer):
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, writer_schema, record)
        buffer.seek(0)
        read = fastavro.schemaless_reader(buffer, writer_schema, reader_schema)
        shared = {f["name"] for f in writer["fields"]} & {f["name"] for f in reader["fields"]} - {"at"}
        assert {name: read[name] for name in shared} == {name: record[name] for name in shared}


@given(_versions())
def test_what_we_call_compatible_avro_reads_both_ways(versions):
    old, new = versions
    if not incompatibilities(parsed(old), parsed(new)):
        _reads(old, new)
        _reads(new, old)
