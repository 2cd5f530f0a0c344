"""Fixtures of the streams' tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from millwright.contracts import contract
from millwright.registry import Registry
from millwright.settings import settings
from streaming.accepted import accepted
from tests.stack import TestStack


@pytest.fixture
def sent(stack: TestStack) -> Callable[[str], list[dict[str, Any]]]:
    """A function that gives all rows of a stream which have been sent and are accepted, partition by partition."""

    def read(stream: str) -> list[dict[str, Any]]:
        spec, found = contract(stream), []
        consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": "test", "log_level": 0})
        try:
            for partition in consumer.list_topics(spec.topic, timeout=10).topics[spec.topic].partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(spec.topic, partition), 10)
                consumer.assign([TopicPartition(spec.topic, partition, low)])
                messages = consumer.consume(high - low, 10) if high > low else []
                found += accepted(spec, messages, Registry(), 300.0).rows.to_pylist()
        finally:
            consumer.close()
        return found

    return read
