"""Contracts: one Avro schema a stream, and all that is derived from it."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa

from millwright.errors import MillwrightError
from millwright.settings import settings

TIMESTAMP = pa.timestamp("us", tz="UTC")
_ARROW = {
    "string": pa.string(),
    "double": pa.float64(),
    "float": pa.float32(),
    "long": pa.int64(),
    "int": pa.int32(),
    "boolean": pa.bool_(),
    "timestamp-micros": TIMESTAMP,
}
_POSTGRES = {
    "string": "text",
    "double": "double precision",
    "float": "real",
    "long": "bigint",
    "int": "integer",
    "boolean": "boolean",
    "timestamp-micros": "timestamptz",
}


@dataclass(frozen=True)
class Field:
    """A field of a stream. `valid` is the physically possible range, both ends included, in `unit`."""

    name: str
    avro_type: str  # a primitive's name, or timestamp-micros
    nullable: bool
    doc: str = ""
    unit: str = ""
    valid: tuple[Any, Any] | None = None
    allowed: tuple[str, ...] | None = None
    channel: bool = False  # one of a series of readings, in which outliers are sought
    has_default: bool = False

    @property
    def arrow_type(self) -> pa.DataType:
        return _ARROW[self.avro_type]

    @property
    def postgres_type(self) -> str:
        return _POSTGRES[self.avro_type]


@dataclass(frozen=True)
class Contract:
    """A stream: topic, key, event time, what makes two records the same, and the fields."""

    stream: str
    topic: str
    table: str  # raw.<table>, and stg_<table> in dbt
    doc: str
    key: str
    event_time: str
    unique: tuple[str, ...]
    fields: tuple[Field, ...]
    avro: dict[str, Any]
    computed: bool = False  # from other tables of the lake: its rows have no position in a topic

    @property
    def avro_json(self) -> str:
        """The schema as registered, attributes included."""
        return json.dumps(self.avro, ensure_ascii=False, separators=(",", ":"))

    @property
    def subject(self) -> str:
        return f"{self.topic}-value"

    @property
    def arrow_schema(self) -> pa.Schema:
        return pa.schema([pa.field(f.name, f.arrow_type, f.nullable) for f in self.fields])

    @property
    def channels(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.channel)

    def field(self, name: str) -> Field:
        return next(f for f in self.fields if f.name == name)


def parse_contract(avro: dict[str, Any], source: str) -> Contract:
    """A contract from an Avro schema with our attributes; `source` is named in errors.

    Raises MillwrightError for a missing attribute, an unknown type, or a `unique` without the event time.
    """
    for attribute in ("topic", "key", "event_time", "unique", "fields"):
        if attribute not in avro:
            raise MillwrightError(f"{source}: the attribute {attribute!r} is missing.")
    fields = tuple(_parse_field(f, source) for f in avro["fields"])
    names = {f.name for f in fields}
    for attribute, wanted in (("key", [avro["key"]]), ("event_time", [avro["event_time"]]), ("unique", avro["unique"])):
        for name in wanted:
            if name not in names:
                raise MillwrightError(f"{source}: {attribute} names the field {name!r}, which it does not have.")
    if avro["event_time"] not in avro["unique"]:
        raise MillwrightError(f"{source}: unique has to hold the event time {avro['event_time']!r}.")
    by_name = {f.name: f for f in fields}
    if by_name[avro["event_time"]].avro_type != "timestamp-micros" or by_name[avro["event_time"]].nullable:
        raise MillwrightError(f"{source}: the event time has to be a required timestamp-micros.")
    if by_name[avro["key"]].avro_type != "string" or by_name[avro["key"]].nullable:
        raise MillwrightError(f"{source}: the key {avro['key']!r} has to be a required string.")
    topic = str(avro["topic"])
    return Contract(
        stream=topic,
        topic=topic,
        table=str(avro.get("table", topic.replace("-", "_").replace(".", "_"))),
        doc=str(avro.get("doc", "")),
        key=str(avro["key"]),
        event_time=str(avro["event_time"]),
        unique=tuple(avro["unique"]),
        fields=fields,
        avro=avro,
    )


def _parse_field(raw: dict[str, Any], source: str) -> Field:
    kind, nullable = raw["type"], False
    if isinstance(kind, list):
        if len(kind) != 2 or kind[0] != "null":
            raise MillwrightError(f"{source}: field {raw['name']!r}: a union has to be ['null', type].")
        kind, nullable = kind[1], True
    name = kind if isinstance(kind, str) else kind.get("logicalType", kind.get("type"))
    if name not in _ARROW:
        raise MillwrightError(f"{source}: field {raw['name']!r} has type {name!r}; known are {', '.join(_ARROW)}.")
    return Field(
        name=raw["name"],
        avro_type=name,
        nullable=nullable,
        doc=raw.get("doc", ""),
        unit=raw.get("unit", ""),
        valid=tuple(raw["valid"]) if "valid" in raw else None,
        allowed=tuple(raw["allowed"]) if "allowed" in raw else None,
        channel=bool(raw.get("channel", False)),
        has_default="default" in raw,
    )


def read_contract(path: Path) -> Contract:
    """The contract in a .avsc file. Raises MillwrightError if it is not JSON or not a contract."""
    try:
        return parse_contract(json.loads(path.read_text()), path.name)
    except json.JSONDecodeError as error:
        raise MillwrightError(f"{path.name} is not JSON: {error}.") from None


def read_contracts(directory: Path) -> dict[str, Contract]:
    """All contracts of a folder by stream name, sorted. Raises MillwrightError when two claim one topic or table."""
    found: dict[str, Contract] = {}
    for path in sorted(directory.glob("*.avsc")):
        contract = read_contract(path)
        for other in found.values():
            if contract.topic == other.topic or contract.table == other.table:
                raise MillwrightError(f"{path.name}: {other.stream} has the same topic or table already.")
        found[contract.stream] = contract
    return found


@lru_cache
def contracts() -> dict[str, Contract]:
    """The platform's streams by name."""
    return read_contracts(settings().contracts_dir)


def contract(stream: str) -> Contract:
    """One stream's contract. Raises MillwrightError naming the streams there are."""
    try:
        return contracts()[stream]
    except KeyError:
        raise MillwrightError(f"There is no stream {stream!r}; there are {', '.join(contracts())}.") from None


def chosen(streams: Collection[str] | None) -> list[Contract]:
    """The contracts of these streams; of all, if none is named. Raises as `contract` does."""
    return [contract(stream) for stream in streams] if streams else list(contracts().values())
