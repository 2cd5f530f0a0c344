"""Ranges in the lake as the sink publishes them, at append times that a test chooses."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import fastavro
import pyarrow as pa

from millwright import bronze
from millwright.contracts import Contract, parse_contract
from millwright.lake import Genesis, bronze_key, create_gap, create_genesis, quarantine_key
from millwright.lake.repaired import publish_repair
from millwright.store import lake_store
from streaming.sink.quarantine import Rejected, encode

START = dt.datetime(2026, 3, 1, 6, tzinfo=dt.UTC)


def minute(number: float) -> dt.datetime:
    """A moment so many minutes after START."""
    return START + dt.timedelta(minutes=number)


def reading(machine: str, append: float, late: float = 0.0, **values: float | None) -> dict[str, Any]:
    """A record taken `append` minutes after START, `late` minutes after its event time."""
    return {"equipment_id": machine, "event_time": minute(append - late), "_append": minute(append), **values}


def reject(reason: str, append: float) -> dict[str, Any]:
    """A record that is rejected."""
    return {"_reason": reason, "_append": minute(append)}


class Landed:
    """One stream's chains."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.next: dict[int, int] = {}
        self._repairs = 0

    def publish(self, records: Sequence[dict[str, Any]], partition: int = 0, without: Sequence[str] = ()) -> str:
        """One range of these records, in the schema of before there were fields `without`; its key."""
        store, topic = lake_store(), self.contract.topic
        create_genesis(store, topic, partition, Genesis("test", 0))
        start = self.next.get(partition, 0)
        self.next[partition] = start + len(records)
        numbered = list(enumerate(records, start))
        rejected = [Rejected(at, _ms(r), r["_reason"], b"k", b"v") for at, r in numbered if "_reason" in r]
        key = digest = None
        if rejected:
            data = encode(rejected)
            key, digest = quarantine_key(topic, partition, 0, start, uuid.uuid4().hex), hashlib.sha256(data).hexdigest()
            store.create(key, data, "quarantine")
        header = self._header(partition, numbered, dict(Counter(r.reason for r in rejected)), key, digest)
        accepted = [(at, r) for at, r in numbered if "_reason" not in r]
        name = bronze_key(topic, partition, start)
        assert store.create(name, self._file(header, accepted, without), "test")
        return name

    def mend(self, offsets: dict[int, dict[str, Any]], reasons: dict[str, int], partition: int = 0) -> None:
        """Mended records by offset, which had been rejected for these reasons."""
        header = self._header(partition, list(offsets.items()), {}, None, None)
        header = bronze.Header(**{**header.__dict__, "repaired": reasons})
        data = self._file(header, list(offsets.items()))
        assert publish_repair(lake_store(), self.contract.topic, partition, self._repairs, data)
        self._repairs += 1

    def lose(self, records: int, partition: int = 0) -> None:
        """A recorded gap."""
        start = self.next[partition]
        self.next[partition] = start + records
        assert create_gap(lake_store(), self.contract.topic, partition, start, start + records, "Kafka dropped them.")

    def _header(
        self,
        partition: int,
        numbered: list[tuple[int, dict[str, Any]]],
        rejected: dict[str, int],
        quarantine: str | None,
        digest: str | None,
    ) -> bronze.Header:
        times = [_ms(record) for _, record in numbered]
        return bronze.Header(
            topic=self.contract.topic,
            partition=partition,
            first_offset=numbered[0][0],
            next_offset=numbered[-1][0] + 1,
            schema_id=1,
            accepted=len(numbered) - sum(rejected.values()),
            rejected=rejected,
            append_min=min(times),
            append_max=max(times),
            quarantine=quarantine,
            quarantine_sha256=digest,
        )

    def _file(
        self, header: bronze.Header, accepted: list[tuple[int, dict[str, Any]]], without: Sequence[str] = ()
    ) -> bytes:
        avro = self.contract.avro
        older = {**avro, "fields": [f for f in avro["fields"] if f["name"] not in without]}
        records = bronze.Records(
            offsets=pa.array([at for at, _ in accepted], pa.int64()),
            append_times=pa.array([_ms(record) for _, record in accepted], pa.int64()),
            bodies=pa.array([_body(older, record) for _, record in accepted], pa.binary()),
        )
        return bronze.write(parse_contract(older, self.contract.topic), header, records)


def _ms(record: dict[str, Any]) -> int:
    return round(record["_append"].timestamp() * 1000)


def _body(schema: dict[str, Any], record: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    row = {name: value for name, value in record.items() if not name.startswith("_")}
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), row)
    return out.getvalue()
