"""Each machine's type, as the newest record of equipment-assets says; the topic is read whole and then followed."""

from __future__ import annotations

import time
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from millwright.contracts import contract
from millwright.settings import settings
from millwright.topics import broker_unavailable
from streaming.accepted import Schemas, accepted
from streaming.alerts.rules import ANY
from streaming.sink.broker import look, partitions_of

STREAM = "equipment-assets"
_TIMEOUT_SECONDS = 10.0


class MachineTypes:
    """Types by machine. A machine that is not known has the type "*". A context manager."""

    def __init__(self, schemas: Schemas) -> None:
        self._schemas = schemas
        self._types: dict[str, tuple[int, str]] = {}
        self._asked: set[str] = set()  # whoever is not known by then waits for `follow`
        self._next: dict[int, int] = {}
        self._consumer = Consumer(
            {
                "bootstrap.servers": settings().kafka,
                "group.id": "millwright-alerts-assets",  # never used: partitions are assigned by hand
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,  # the last offsets may be control records, which are never given
                "log_level": 0,
            }
        )

    def __enter__(self) -> MachineTypes:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._consumer.close()

    def of(self, machine: str) -> str:
        """A machine's type."""
        return self._types.get(machine, (0, ANY))[1]

    def ask(self, machines: set[str]) -> None:
        """See to it that machines which have not been asked for before are known, if they have been sent.

        Raises as `catch_up` does.
        """
        if new := machines - self._types.keys() - self._asked:
            self.catch_up()
            self._asked |= new

    def follow(self) -> None:
        """Take what has come meanwhile, without waiting for any of it."""
        if messages := self._consumer.consume(10_000, 0):
            self._take(messages)

    def catch_up(self) -> None:
        """Read on to what is the topic's end now. Raises Unavailable when the broker or the registry does not answer.

        Whoever sends a machine before its readings finds it known when they are judged.
        """
        ends = self._ends()
        behind = {partition for partition, end in ends.items() if self._next[partition] < end}
        topic = contract(STREAM).topic
        self._consumer.assign([TopicPartition(topic, partition, self._next[partition]) for partition in ends])
        heard = time.monotonic()
        while behind:
            if messages := self._consumer.consume(10_000, 0.1):
                self._take(messages)
                heard = time.monotonic()
            elif time.monotonic() - heard > _TIMEOUT_SECONDS:
                raise broker_unavailable()
            behind = {partition for partition in behind if self._next[partition] < ends[partition]}

    def _ends(self) -> dict[int, int]:
        # Not asked by the consumer: its question would wait behind the fetch that is under way, half a second each.
        ends = {}
        for (_, partition), known in look(partitions_of([contract(STREAM).topic])).items():
            ends[partition] = known.high
            self._next[partition] = max(known.low, self._next.get(partition, 0))
        return ends

    def _take(self, messages: list[Message]) -> None:
        for message in messages:
            error = message.error()
            if error is None or error.code() == KafkaError._PARTITION_EOF:
                self._next[message.partition()] = message.offset() + (error is None)
            elif error.code() != KafkaError._ALL_BROKERS_DOWN:
                raise broker_unavailable()
        tolerance = settings().future_tolerance_seconds
        rows = accepted(contract(STREAM), [m for m in messages if m.error() is None], self._schemas, tolerance).rows
        columns = (rows["equipment_id"], rows["event_time"].cast("int64"), rows["equipment_type"])
        for machine, moment, kind in zip(*(column.to_pylist() for column in columns), strict=True):
            if moment >= self._types.get(machine, (moment, ""))[0]:
                self._types[machine] = (moment, kind)
