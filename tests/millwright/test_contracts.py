"""What a contract derives, and what it refuses to be."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

import fastavro
import pyarrow as pa
import pytest

from millwright.contracts import contract, contracts, parse_contract, read_contracts
from millwright.errors import MillwrightError
from millwright.settings import settings


@pytest.fixture
def schema() -> dict[str, Any]:
    return copy.deepcopy(contract("equipment-sensors").avro)


def test_the_plant_has_six_streams_and_one_of_minutes():
    assert set(contracts()) == {
        "equipment-alerts",
        "equipment-assets",
        "equipment-minutes",
        "equipment-sensors",
        "equipment-status",
        "production-metrics",
        "quality-metrics",
    }


@pytest.mark.parametrize("stream", sorted(contracts()))
def test_every_contract_is_plain_avro_and_documents_each_field(stream: str):
    fastavro.parse_schema(copy.deepcopy(contract(stream).avro))
    assert contract(stream).doc
    assert all(field.doc for field in contract(stream).fields)


@pytest.mark.parametrize("stream", sorted(contracts()))
def test_every_measured_field_names_its_unit(stream: str):
    measured = [f for f in contract(stream).fields if f.avro_type == "double"]
    assert all(field.unit or re.search("in the (channel|value)'s unit", field.doc) for field in measured)


def test_a_channel_becomes_a_nullable_column_of_its_type():
    temperature = contract("equipment-sensors").field("temperature")
    assert (temperature.nullable, temperature.unit, temperature.postgres_type) == (True, "°C", "double precision")
    assert contract("equipment-sensors").arrow_schema.field("temperature").type == pa.float64()
    assert contract("equipment-sensors").arrow_schema.field("event_time").type == pa.timestamp("us", tz="UTC")


def test_only_alerts_and_minutes_have_fields_whose_unit_depends_on_another_field():
    depending = {c.stream for c in contracts().values() for f in c.fields if "in the channel's unit" in f.doc}
    assert depending == {"equipment-alerts", "equipment-minutes"}
    assert all(contract(stream).field("channel") for stream in depending)


@pytest.mark.parametrize("attribute", ["topic", "key", "event_time", "unique"])
def test_a_missing_attribute_is_named(schema: dict[str, Any], attribute: str):
    del schema[attribute]
    with pytest.raises(MillwrightError, match=attribute):
        parse_contract(schema, "x.avsc")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"unique": ["equipment_id"]}, "event time"),
        ({"unique": ["equipment_id", "event_time", "nope"]}, "nope"),
        ({"key": "nope"}, "nope"),
        ({"key": "temperature"}, "required string"),
        ({"event_time": "equipment_id"}, "event time"),
    ],
)
def test_a_contract_that_could_not_be_kept_is_refused(schema: dict[str, Any], change: dict[str, Any], said: str):
    with pytest.raises(MillwrightError, match=said):
        parse_contract({**schema, **change}, "x.avsc")


def test_an_unknown_type_is_refused_naming_field_and_types(schema: dict[str, Any]):
    schema["fields"][2]["type"] = ["null", "bytes"]
    with pytest.raises(MillwrightError, match=r"'temperature' has type 'bytes'; known are string, double"):
        parse_contract(schema, "x.avsc")


def test_an_unknown_stream_names_those_there_are():
    with pytest.raises(MillwrightError, match=r"'nope'; there are equipment-alerts, equipment-assets"):
        contract("nope")


def test_two_contracts_may_not_share_a_topic(tmp_path):
    text = (settings().contracts_dir / "equipment-sensors.avsc").read_text()
    for name in ("a", "b"):
        (tmp_path / f"{name}.avsc").write_text(text)
    with pytest.raises(MillwrightError, match="same topic"):
        read_contracts(tmp_path)


def test_a_broken_file_is_named(tmp_path):
    (tmp_path / "a.avsc").write_text(json.dumps({"type": "record"})[:-3])
    with pytest.raises(MillwrightError, match=r"a\.avsc is not JSON"):
        read_contracts(tmp_path)
