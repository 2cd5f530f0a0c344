"""Quarantine: rejected records as they came, with the reason. An object counts when a bronze file names it."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import fastavro

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


class Rejected(NamedTuple):
    """A record as it came, and why it was not accepted."""

    offset: int
    append_time: int  # ms since 1970, the broker's clock
    reason: str
    key: bytes | None
    value: bytes | None


def encode(rejected: Iterable[Rejected]) -> bytes:
    """An Avro container of rejected records."""
    out = io.BytesIO()
    fastavro.writer(out, _SCHEMA, (record._asdict() for record in rejected), codec="zstandard")
    return out.getvalue()


def decode(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a quarantine object: offset, append_time (ms since 1970), reason, key, value."""
    return iter(fastavro.reader(io.BytesIO(data)))
