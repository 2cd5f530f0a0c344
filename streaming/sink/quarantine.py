"""Quarantine: rejected records as they came, with the reason. An object counts when a bronze file names it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import fastavro

from streaming.sink.buffer import Buffer

_SCHEMA = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Quarantined",
        "namespace": "millwright",
        "doc": "A record that was rejected, as it came.",
        "fields": [
            {"name": "offset", "type": "long", "doc": "Kafka offset."},
            {"name": "append_time", "type": "long", "doc": "When the broker took it, ms since 1970."},
            {"name": "reason", "type": "string"},
            {"name": "key", "type": ["null", "bytes"]},
            {"name": "value", "type": ["null", "bytes"]},
        ],
    }
)


def encode(buffer: Buffer, rejected: dict[int, str]) -> bytes:
    """An Avro container of the rejected records (buffer index → reason), in order of offset."""
    out = io.BytesIO()
    records = (
        {
            "offset": buffer.offsets[i],
            "append_time": buffer.append_times[i],
            "reason": rejected[i],
            "key": buffer.keys[i],
            "value": buffer.values[i],
        }
        for i in sorted(rejected)
    )
    fastavro.writer(out, _SCHEMA, records, codec="zstandard")
    return out.getvalue()


def decode(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a quarantine object: offset, append_time (ms since 1970), reason, key, value."""
    return iter(fastavro.reader(io.BytesIO(data)))
