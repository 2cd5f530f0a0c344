"""What Kafka holds of a topic, read by a plain consumer, and held against what was acknowledged."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from confluent_kafka import Consumer, TopicPartition

from chaos.account import Position, Sent
from chaos.rubbish import Message
from millwright.errors import Unavailable
from millwright.settings import settings

_SILENCE_SECONDS = 30.0


def read_topic(topic: str) -> dict[Position, Message]:
    """Key and value of every record that a topic holds now, by partition and offset. Raises Unavailable."""
    consumer = Consumer(
        {
            "bootstrap.servers": settings().kafka,
            "group.id": "chaos-account",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
        }
    )
    try:
        parts = [TopicPartition(topic, number) for number in consumer.list_topics(topic, 10.0).topics[topic].partitions]
        marks = {part.partition: consumer.get_watermark_offsets(part, 10.0) for part in parts}
        left = {number: high for number, (low, high) in marks.items() if high > low}
        consumer.assign([TopicPartition(topic, number, marks[number][0]) for number in left])
        found: dict[Position, Message] = {}
        heard = time.monotonic()
        while left:
            messages = consumer.consume(10_000, 0.5)
            heard = time.monotonic() if messages else heard
            if time.monotonic() - heard > _SILENCE_SECONDS:
                raise Unavailable(f"Kafka at {settings().kafka} does not give back what it holds of {topic}.")
            for each in messages:
                if each.error() is not None:
                    continue
                number, offset = int(each.partition()), int(each.offset())
                found[number, offset] = each.key(), each.value()
                if offset + 1 >= left.get(number, 0):
                    left.pop(number, None)
        return found
    finally:
        consumer.close()


def held(
    records: Mapping[Position, Message], ledger: Counter[Message], reasons: Mapping[Message, str | None]
) -> tuple[dict[Position, Sent], list[str]]:
    """The records with what was planted about them, and where Kafka and the ledger disagree (sentences).

    Pure. A record that the ledger does not know is judged as a sound one.
    """
    faults = []
    sent = {at: Sent(key, value, reasons.get((key, value))) for at, (key, value) in records.items()}
    have = Counter(records.values())
    if missing := (ledger - have).total():
        faults.append(f"{missing} acknowledged records are not in Kafka")
    if more := (have - ledger).total():
        faults.append(f"Kafka holds {more} records more than were acknowledged")
    return sent, faults
