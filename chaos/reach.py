"""How far the lake has come, and how far it has to."""

from __future__ import annotations

from confluent_kafka import Consumer, TopicPartition

from millwright.errors import MillwrightError
from millwright.lake import chain_end, partitions
from millwright.settings import settings
from millwright.store import lake_store


def reached(topic: str) -> dict[int, int]:
    """Partition → the offset at which the lake's chain ends."""
    store, found = lake_store(), dict[int, int]()
    for partition in partitions(store, topic):
        try:
            found[partition] = chain_end(store, topic, partition) or 0
        except MillwrightError:  # listed while it was changing, or broken: the account tells which
            continue
    return found


def wanted(topic: str) -> dict[int, int]:
    """Partition → the offset at which Kafka's log ends."""
    consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": "chaos-account"})
    try:
        numbers = consumer.list_topics(topic, 10.0).topics[topic].partitions
        return {n: consumer.get_watermark_offsets(TopicPartition(topic, n), 10.0)[1] for n in numbers}
    finally:
        consumer.close()
