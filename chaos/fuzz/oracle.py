"""A second opinion on a message: fastavro and the contract's rules, written out plainly, one record at a time."""

from __future__ import annotations

import copy
import io
import math
import struct
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import fastavro

from chaos.fuzz.avro import strict
from chaos.fuzz.mutate import Message
from chaos.fuzz.seeds import Stream
from millwright.contracts import Contract, Field

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_1, _YEAR_10000 = -62_135_596_800_000_000, 253_402_300_800_000_000


def values_of(body: bytes, avro_json: str) -> dict[str, Any] | None:
    """The fields of an Avro record that fills `body` to its end, time stamps as microseconds; None if it does not.

    As the specification has it, and as fastavro reads it: fastavro by itself also takes what is beyond a type's bits.
    """
    schema = _plain(avro_json)
    row = strict(body, schema["fields"])
    if row is not None:
        read = fastavro.schemaless_reader(io.BytesIO(body), schema)
        assert repr(read) == repr(row), f"fastavro reads {read}, by the specification it is {row}"
    return row


def verdict(message: Message, stream: Stream, append_ms: int, tolerance_seconds: float) -> str | None:
    """Why a message has to be rejected, None when it has to be accepted. `not_a_record`: it cannot be decoded."""
    key, value = message
    if not value:
        return "empty"
    if len(value) < 5 or value[0] != 0:
        return "not_avro_wire_format"
    (schema_id,) = struct.unpack(">I", value[1:5])
    if schema_id not in stream.known:
        return "unknown_schema"
    row = values_of(value[5:], stream.known[schema_id].avro_json)
    if row is None:
        return "not_a_record"
    row = as_newest(row, stream.contract)
    for field in stream.contract.fields:
        if reason := _wrong(stream.contract, field, row[field.name]):
            return f"{reason}:{field.name}"
    if row[stream.contract.event_time] > append_ms * 1000 + tolerance_seconds * 1_000_000:
        return "event_time_in_future"
    return None if key == row[stream.contract.key].encode() else "wrong_key"


def as_newest(row: dict[str, Any], contract: Contract) -> dict[str, Any]:
    """A row in the contract's fields; what it lacks has the default."""
    return {f["name"]: row[f["name"]] if f["name"] in row else f.get("default") for f in contract.avro["fields"]}


def _wrong(spec: Contract, field: Field, value: Any) -> str | None:
    if value is None:
        return None if field.nullable else "missing_required"
    if field.name == spec.key and value == "":
        return "missing_required"
    if isinstance(value, str):
        if field.allowed is not None and value not in field.allowed:
            return "not_allowed"
        return "not_text" if "\0" in value else None
    if isinstance(value, bool):
        return None
    if not math.isfinite(value):
        return "out_of_range"
    low, high = field.valid or (None, None)
    if field.avro_type == "timestamp-micros":
        if not _YEAR_1 <= value < _YEAR_10000:
            return "out_of_range"
        low, high = (_micros(bound) if bound else None for bound in (low, high))
    below, above = low is not None and value < low, high is not None and value > high
    return "out_of_range" if below or above else None


@lru_cache(maxsize=64)
def _micros(moment: str) -> int:
    since = datetime.fromisoformat(moment) - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


@lru_cache(maxsize=64)
def _plain(avro_json: str) -> Any:
    """The schema without logical types, whose readers refuse what the contract's rules are to judge."""
    import json

    avro = copy.deepcopy(json.loads(avro_json))
    for field in avro["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        kinds = [kind["type"] if isinstance(kind, dict) else kind for kind in kinds]
        field["type"] = kinds if isinstance(field["type"], list) else kinds[0]
    return fastavro.parse_schema(avro)
