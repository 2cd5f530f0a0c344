"""Publishes ranges of one partition as the sink does, for tests of what takes care of them."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections import Counter
from collections.abc import Sequence
from typing import Any

import fastavro
import pyarrow as pa

from millwright import bronze
from millwright.contracts import contract
from millwright.failpoints import failpoint
from millwright.lake import Genesis, bronze_key, chain_end, create_gap, create_genesis, is_replaced, quarantine_key
from millwright.store import Store
from millwright.wire import encode
from streaming.sink import quarantine

SPEC = contract("equipment-sensors")
TOPIC, DAY = SPEC.topic, 86_400_000
DAY_0 = 20_000 * DAY


class ChainWriter:
    """A sink worker without Kafka: each record's temperature is its offset, its rotation who wrote it."""

    def __init__(self, store: Store, partition: int = 0, name: int = 0) -> None:
        self.store, self.partition, self.name = store, partition, name
        self.at: int | None = None  # where it believes that the chain ends

    def resume(self) -> int:
        create_genesis(self.store, TOPIC, self.partition, Genesis("test", 0))
        self.at = chain_end(self.store, TOPIC, self.partition)
        assert self.at is not None
        return self.at

    def publish(
        self, accepted: int, rejected: int = 0, *, hole: int = 0, day: float = 0, schema_id: int = 1
    ) -> str | None:
        """One range: accepted records, then rejected ones, then offsets that Kafka keeps; None when it is refused."""
        start = self.resume() if self.at is None else self.at
        append_ms = DAY_0 + int(day * DAY)
        offsets = list(range(start, start + accepted + rejected))
        object_, digest = self._quarantine(offsets[accepted:], append_ms, start) if rejected else (None, None)
        header = bronze.Header(
            topic=TOPIC,
            partition=self.partition,
            first_offset=start,
            next_offset=start + len(offsets) + hole,
            schema_id=schema_id,
            accepted=accepted,
            rejected={"undecodable": rejected} if rejected else {},
            append_min=append_ms + start,
            append_max=append_ms + offsets[-1],
            quarantine=object_,
            quarantine_sha256=digest,
        )
        key = bronze_key(TOPIC, self.partition, start)
        data = bronze.write(SPEC, header, self._records(offsets[:accepted], append_ms))
        failpoint("sink.before_write")
        if not self.store.create(key, data, "sink") or is_replaced(self.store, TOPIC, self.partition, start):
            self.at = None
            return None
        self.at = header.next_offset
        return key

    def gap(self, size: int) -> None:
        start = self.resume()
        create_gap(self.store, TOPIC, self.partition, start, start + size, "expired")
        self.at = None

    def _records(self, offsets: Sequence[int], append_ms: int) -> bronze.Records:
        rows = [
            {"equipment_id": "m", "event_time": o, "temperature": float(o), "rotation": float(self.name)}
            for o in offsets
        ]
        bodies = [body for part in encode(SPEC, rows) for _, body in part]
        times = [append_ms + offset for offset in offsets]
        return bronze.Records(pa.array(offsets, pa.int64()), pa.array(times, pa.int64()), pa.array(bodies, pa.binary()))

    def _quarantine(self, offsets: Sequence[int], append_ms: int, start: int) -> tuple[str, str]:
        records = [
            {"offset": o, "append_time": append_ms + o, "reason": "undecodable", "key": b"m", "value": b"junk %d" % o}
            for o in offsets
        ]
        key = quarantine_key(TOPIC, self.partition, append_ms, start, uuid.uuid4().hex)
        data = quarantine_object(records)
        assert self.store.create(key, data, "quarantine")
        return key, hashlib.sha256(data).hexdigest()


def quarantine_object(records: Sequence[dict[str, Any]]) -> bytes:
    """Records as the sink keeps rejected ones."""
    out = io.BytesIO()
    fastavro.writer(out, quarantine._SCHEMA, records, codec="zstandard")
    return out.getvalue()


def content(store: Store, files: Sequence[Any]) -> Counter[tuple[int, str]]:
    """Offset and outcome of each record of bronze files, quarantined ones too, as `list_bronze` means them."""
    found: Counter[tuple[int, str]] = Counter()
    for file in files:
        data = store.read(file.key)
        assert data is not None
        rows = [row for row in bronze.read(data) if not file.skip or row["_offset"] >= file.first_offset]
        assert len(rows) == file.accepted
        assert all(row["temperature"] == row["_offset"] for row in rows)
        found.update((row["_offset"], "accepted") for row in rows)
        for each in file.quarantined:
            records = list(quarantine.decode(store.read(each.key) or b""))
            assert dict(Counter(record["reason"] for record in records)) == each.records
            found.update((record["offset"], record["reason"]) for record in records)
    return found


def manifest_json(store: Store, partition: int = 0) -> dict[str, Any]:
    """The newest manifest as it stands in the lake."""
    folder = f"bronze/{TOPIC}/p={partition}/manifest"
    data = store.read(f"{folder}/{store.names(folder)[-1]}")
    assert data is not None
    return dict(json.loads(data))
