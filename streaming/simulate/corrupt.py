"""Broken messages, of every kind that a topic may meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from millwright.contracts import Contract
from millwright.wire import MAGIC, encode, header

KINDS = ("truncated", "bad magic", "unknown schema", "random bytes", "out of range")
UNKNOWN_SCHEMA = 2_000_000_011


def encoded(contract: Contract, row: dict[str, Any], schema_id: int) -> tuple[bytes, bytes]:
    """Key and message of a row."""
    [[(key, record)]] = encode(contract, [row])
    return key, header(schema_id) + record


def broken(
    contract: Contract, row: dict[str, Any], kind: str, schema_id: int, rng: np.random.Generator
) -> tuple[bytes, bytes]:
    """Key and message made from a record of the contract, broken in one of KINDS; it cannot be taken for the record."""
    if kind == "out of range":
        return encoded(contract, out_of_range(contract, row, rng), schema_id)
    key, message = encoded(contract, row, schema_id)
    match kind:
        case "truncated":
            message = message[: int(rng.integers(1, len(message)))]
        case "bad magic":
            message = bytes([int(rng.integers(1, 256))]) + message[1:]
        case "unknown schema":
            message = header(UNKNOWN_SCHEMA) + message[5:]
        case _:
            message = bytes([int(rng.integers(1, 256))]) + rng.bytes(int(rng.integers(0, 60)))
            assert not message.startswith(MAGIC)
    return key, message


def out_of_range(contract: Contract, row: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The row at a moment of its own, with one value that the contract does not allow."""
    time = row[contract.event_time] + timedelta(microseconds=int(rng.integers(1, 50_000_000)))
    row = {**row, contract.event_time: time}
    numbers = [f for f in contract.fields if f.valid and f.avro_type in ("double", "float", "long", "int")]
    words = [f for f in contract.fields if f.allowed]
    if numbers:
        field = numbers[int(rng.integers(len(numbers)))]
        assert field.valid is not None
        value = field.valid[1] * 2 + 1
        return {**row, field.name: int(value) if field.avro_type in ("long", "int") else float(value)}
    if words:
        return {**row, words[int(rng.integers(len(words)))].name: "melted"}
    return {**row, contract.event_time: datetime(1969, 7, 20, tzinfo=UTC) + (time - time.replace(hour=0))}
