"""Rejected records described: their place, the reason, and their fields as far as they can be decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from millwright.contracts import Contract, contracts
from millwright.errors import Unavailable
from millwright.lake import partitions
from millwright.registry import Registry
from millwright.store import lake_store
from streaming.quarantined.content import fields_of, schema_id_of
from streaming.quarantined.still import still_quarantined


@dataclass(frozen=True)
class Described:
    """A rejected record. `fields` is None where not even its schema is known."""

    topic: str
    partition: int
    offset: int
    append_time: str  # ISO 8601
    reason: str
    schema_id: int | None
    key: bytes | None
    value: bytes | None
    fields: dict[str, Any] | None


def described(topics: Iterable[str] | None = None, reason: str | None = None) -> Iterator[Described]:
    """Records in quarantine, of one reason if it is given; each partition's newest first.

    Without the registry the contract's own schema is taken for whatever a record names.
    """
    store, by_topic = lake_store(), {contract.topic: contract for contract in contracts().values()}
    for topic in topics if topics is not None else by_topic:
        schemas = _Schemas(by_topic[topic])
        for partition in partitions(store, topic):
            for _, records in still_quarantined(store, topic, partition, reason, newest_first=True):
                for record in reversed(records):
                    schema_id = schema_id_of(record.value)
                    schema = schemas.of(schema_id) if schema_id is not None else None
                    yield Described(
                        topic=topic,
                        partition=partition,
                        offset=record.offset,
                        append_time=datetime.fromtimestamp(record.append_time / 1000, UTC).isoformat(),
                        reason=record.reason,
                        schema_id=schema_id,
                        key=record.key,
                        value=record.value,
                        fields=fields_of(record.value, schema) if schema is not None and record.value else None,
                    )


class _Schemas:
    """A stream's schemas by id."""

    def __init__(self, contract: Contract) -> None:
        self._contract, self._known, self._registry = contract, dict[int, Any](), Registry()

    def of(self, schema_id: int) -> dict[str, Any] | None:
        if schema_id not in self._known:
            try:
                found = self._registry.schemas(self._contract.subject, {schema_id})
                self._known[schema_id] = found[schema_id].avro if schema_id in found else None
            except Unavailable:
                self._known[schema_id] = self._contract.avro
        schema: dict[str, Any] | None = self._known[schema_id]
        return schema
