"""Puts records into bronze as the sink does, for tests of what reads them."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import fastavro
import pyarrow as pa

from millwright import bronze
from millwright.contracts import Contract, parse_contract
from millwright.lake import Genesis, bronze_key, create_genesis
from millwright.store import lake_store

FIRST_APPEND_MS = 1_767_225_600_000  # 2026-01-01


class BronzeWriter:
    """Appends files to one stream's bronze; a row is a record's fields as a dict, optional ones left out if null."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._next: dict[int, int] = {}

    def write(
        self, partition: int, rows: Sequence[Mapping[str, Any]], skip: int = 0, without: Sequence[str] = ()
    ) -> Path:
        """One file of these rows after `skip` rejected offsets, in the schema of before there were fields `without`."""
        store, topic = lake_store(), self._contract.topic
        create_genesis(store, topic, partition, Genesis("test", 0))
        start = self._next.get(partition, 0)
        offsets = range(start + skip, start + skip + len(rows))
        self._next[partition] = offsets.stop
        avro = self._contract.avro
        older = {**avro, "fields": [f for f in avro["fields"] if f["name"] not in without]}
        header = bronze.Header(
            topic=topic,
            partition=partition,
            first_offset=start,
            next_offset=offsets.stop,
            schema_id=1 + len(without),
            accepted=len(rows),
            rejected={"undecodable": skip} if skip else {},
            append_min=FIRST_APPEND_MS + start,
            append_max=FIRST_APPEND_MS + offsets.stop - 1,
            quarantine=None,
            quarantine_sha256=None,
        )
        records = bronze.Records(
            offsets=pa.array(offsets, pa.int64()),
            append_times=pa.array([FIRST_APPEND_MS + offset for offset in offsets], pa.int64()),
            bodies=pa.array([_body(older, row) for row in rows], pa.binary()),
        )
        key = bronze_key(topic, partition, start)
        assert store.create(key, bronze.write(parse_contract(older, topic), header, records), "test")
        return Path(store.path(key))


def _body(schema: dict[str, Any], row: Mapping[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), row)
    return out.getvalue()
