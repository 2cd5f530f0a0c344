"""A worker whose rejected records are of a schema that becomes known later, for tests of mending."""

from __future__ import annotations

import hashlib
import uuid

from millwright.contracts import contract
from millwright.lake import quarantine_key
from millwright.registry import Registered
from millwright.wire import encode, header
from streaming.sink.streams import Stream
from tests.streaming.lake_care.chain_writer import DAY_0, ChainWriter, quarantine_object

SPEC = contract("equipment-sensors")
TOPIC = SPEC.topic
LATE = 2  # the id of a schema that the registry did not know when its records came


class Streams:
    """The stream's schemas, one of which becomes known later."""

    topics = (TOPIC,)

    def __init__(self, known: tuple[int, ...] = (1,)) -> None:
        self.known = known

    def knowing(self, topic: str, ids: set[int]) -> tuple[Stream, dict[int, Registered]]:
        return Stream(SPEC, 1), {i: Registered(i, i, SPEC.avro_json) for i in ids if i in self.known}


class Rejecting(ChainWriter):
    """Rejects whole records of a schema that is not known."""

    def _quarantine(self, offsets, append_ms, start):
        records = [
            {
                "offset": offset,
                "append_time": append_ms + offset,
                "reason": "undecodable",
                "key": b"m",
                "value": self.value(offset),
            }
            for offset in offsets
        ]
        key = quarantine_key(TOPIC, self.partition, append_ms, start, uuid.uuid4().hex)
        data = quarantine_object(records)
        assert self.store.create(key, data, "quarantine")
        return key, hashlib.sha256(data).hexdigest()

    @staticmethod
    def value(offset: int) -> bytes:
        """Every third is junk for good."""
        if offset % 3 == 0:
            return b"junk %d" % offset
        [[(_, body)]] = encode(
            SPEC, [{"equipment_id": "m", "event_time": DAY_0 * 1000 + offset, "temperature": float(offset)}]
        )
        return header(LATE) + body
