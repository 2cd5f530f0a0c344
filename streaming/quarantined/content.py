"""What a rejected record holds, as far as it can be read."""

from __future__ import annotations

import io
import struct
from collections.abc import Mapping
from typing import Any

import fastavro

from millwright.wire import HEADER_BYTES, MAGIC


def schema_id_of(value: bytes | None) -> int | None:
    """The schema id that a value's wire format header names; None when it has no such header."""
    if value is None or len(value) < HEADER_BYTES or value[:1] != MAGIC:
        return None
    return int(struct.unpack(">xI", value[:HEADER_BYTES])[0])


def fields_of(value: bytes, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a value (header included) in their order, up to the first that cannot be decoded."""
    body, found = io.BytesIO(value[HEADER_BYTES:]), dict[str, Any]()
    for field in schema["fields"]:
        try:
            kind = fastavro.parse_schema(field["type"])
            found[field["name"]] = fastavro.schemaless_reader(body, kind)
        except (EOFError, IndexError, ValueError, OverflowError):
            break
    return found


def shown(data: bytes | None, limit: int = 48) -> str:
    """The beginning of some bytes, with what is not printable as escapes."""
    if data is None:
        return "(no value)"
    text = repr(data[:limit])[2:-1]
    return text + ("…" if len(data) > limit else "")
