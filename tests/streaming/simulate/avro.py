"""A decoder of its own: what a strict reader makes of a message."""

from __future__ import annotations

import io
import struct
from typing import Any

import fastavro

from millwright.contracts import contract
from streaming.simulate.faults import Message


def decoded(message: Message, schema_id: int) -> dict[str, Any] | None:
    """The record, or None for a message that is broken or says what its contract does not allow."""
    spec, value = contract(message.stream), message.value
    if len(value) < 5 or value[0] or struct.unpack(">I", value[1:5])[0] != schema_id:
        return None
    rest = io.BytesIO(value[5:])
    try:
        row = fastavro.schemaless_reader(rest, fastavro.parse_schema(spec.avro), None)
    except (EOFError, ValueError, IndexError):
        return None
    assert isinstance(row, dict)
    if rest.read(1):
        return None
    assert message.key == row[spec.key].encode()
    for field in spec.fields:
        found = row[field.name]
        if field.allowed and found not in field.allowed:
            return None
        if field.name == spec.event_time:
            if found.year < 1990:
                return None
        elif field.valid and field.avro_type != "timestamp-micros":
            low, high = field.valid
            if found is not None and not low <= found <= high:
                return None
    return row
