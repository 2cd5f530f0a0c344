"""What is measured against."""

from __future__ import annotations

from confluent_kafka import OFFSET_BEGINNING, Consumer, TopicPartition

from millwright.settings import settings


def discard(topic: str, count: int) -> int:
    """Read `count` records with librdkafka's Python client and forget them: the bound of any consumer in Python."""
    config = {
        "bootstrap.servers": settings().kafka,
        "group.id": "bench-discard",
        "enable.auto.commit": False,
        "fetch.queue.backoff.ms": 10,
        "queued.min.messages": 50_000,
    }
    consumer = Consumer(config)
    partitions = consumer.list_topics(topic).topics[topic].partitions
    # Assigned, not subscribed: joining a group takes seconds that have nothing to do with reading.
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in partitions])
    seen = 0
    try:
        while seen < count:
            seen += len(consumer.consume(10_000, timeout=1.0))
    finally:
        consumer.close()
    return seen
