"""Broken messages of every kind, each with the reason for which the sink has to reject it. Pure."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

from millwright.contracts import Contract
from millwright.wire import HEADER_BYTES, encode, header

Row = dict[str, Any]
Message = tuple[bytes | None, bytes | None]  # key, value
NOBODYS_ID = 2_000_000_011


def message(spec: Contract, row: Row, schema_id: int) -> tuple[bytes, bytes]:
    """Key and value of a row, as a sound producer sends them."""
    [[(key, body)]] = encode(spec, [row])
    return key, header(schema_id) + body


def _with(field: str, value: Any) -> Callable[[Contract, Row, int, Random], Message]:
    return lambda spec, row, schema_id, rng: message(spec, row | {field: value}, schema_id)


def _changed(change: Callable[[bytes, Random], bytes | None]) -> Callable[[Contract, Row, int, Random], Message]:
    def broken(spec: Contract, row: Row, schema_id: int, rng: Random) -> Message:
        key, value = message(spec, row, schema_id)
        return key, change(value, rng)

    return broken


def _another_key(spec: Contract, row: Row, schema_id: int, rng: Random) -> Message:
    key, value = message(spec, row, schema_id)
    return rng.choice([None, b"", key + b"x"]), value


def _in_future(spec: Contract, row: Row, schema_id: int, rng: Random) -> Message:
    return message(spec, row | {"event_time": row["event_time"] + timedelta(hours=rng.uniform(1, 1000))}, schema_id)


def _no_utf8(value: bytes, rng: Random) -> bytes:
    # After the header: the length of the machine's name, then its first letter.
    return value[: HEADER_BYTES + 1] + b"\xff" + value[HEADER_BYTES + 2 :]


# Name → (the reason it is rejected for, how it is made from a row of equipment-sensors).
KINDS: dict[str, tuple[str, Callable[[Contract, Row, int, Random], Message]]] = {
    "no value": ("empty", _changed(lambda value, rng: None)),
    "no bytes": ("empty", _changed(lambda value, rng: b"")),
    "cut in the header": ("not_avro_wire_format", _changed(lambda value, rng: value[: rng.randrange(1, HEADER_BYTES)])),
    "another magic byte": ("not_avro_wire_format", _changed(lambda value, rng: b"\x01" + value[1:])),
    "random bytes": ("not_avro_wire_format", _changed(lambda value, rng: b"{" + rng.randbytes(rng.randrange(60)))),
    "nobody's schema": ("unknown_schema", _changed(lambda value, rng: header(NOBODYS_ID) + value[HEADER_BYTES:])),
    "cut in the record": (
        "undecodable",
        _changed(lambda value, rng: value[: rng.randrange(HEADER_BYTES, len(value))]),
    ),
    "no UTF-8": ("undecodable", _changed(_no_utf8)),
    "bytes behind": ("trailing_bytes", _changed(lambda value, rng: value + rng.randbytes(rng.randrange(1, 9)))),
    "beyond range": ("out_of_range:temperature", _with("temperature", 1e9)),
    "not a number": ("out_of_range:vibration", _with("vibration", float("nan"))),
    "in the future": ("event_time_in_future", _in_future),
    "another's key": ("wrong_key", _another_key),
    "no machine": ("missing_required:equipment_id", _with("equipment_id", "")),
    "a NUL in the name": ("not_text:equipment_id", _with("equipment_id", "m\0")),
}


def schema_id_of(value: bytes) -> int:
    """The id in the header of a value."""
    return int(struct.unpack(">xI", value[:HEADER_BYTES])[0])
