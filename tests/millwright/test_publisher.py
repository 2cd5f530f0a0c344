from __future__ import annotations

import io
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import fastavro
import pytest
from confluent_kafka import Consumer, KafkaException, TopicPartition

import millwright
from millwright import topics
from millwright.contracts import contract
from millwright.errors import MillwrightError, Unavailable
from millwright.publisher import _CONFIG, Publisher, publish
from millwright.registry import Registry
from millwright.settings import settings
from millwright.wire import as_table, header
from tests.stack import TestStack

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STREAM = "quality-metrics"


@pytest.fixture
def ends(stack: TestStack) -> dict[int, int]:
    """Where each partition of the stream's topic ends."""
    return {p: high for p, (_, high) in watermarks().items()}


def watermarks() -> dict[int, tuple[int, int]]:
    consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": "x"})
    try:
        count = topics.describe(STREAM)[STREAM].partitions
        return {p: _watermarks_of(consumer, p) for p in range(count)}
    finally:
        consumer.close()


def _watermarks_of(consumer: Consumer, partition: int) -> tuple[int, int]:
    """A broker that has just started knows its topics before it leads their partitions."""
    deadline = time.monotonic() + 30
    while True:
        try:
            return consumer.get_watermark_offsets(TopicPartition(STREAM, partition), timeout=10)
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def since(ends: dict[int, int]) -> Iterator[tuple[int, bytes, bytes]]:
    """Partition, key and value of the messages behind these ends, each partition's in order."""
    consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": uuid.uuid4().hex})
    left = sum(high - ends[p] for p, (_, high) in watermarks().items())
    consumer.assign([TopicPartition(STREAM, p, offset) for p, offset in ends.items()])
    try:
        deadline = time.monotonic() + 30
        while left:
            assert time.monotonic() < deadline
            for message in consumer.consume(1000, 0.2):
                assert message.error() is None
                left -= 1
                yield message.partition(), message.key(), message.value()
    finally:
        consumer.close()


def inspections(count: int, start: int = 0) -> list[dict]:
    row = {"event_time": NOW, "product_id": "p", "result": "Good"}
    return [{**row, "equipment_id": f"m{i % 7}", "inspection_id": str(i)} for i in range(start, start + count)]


def sent_inspections(ends: dict[int, int]) -> dict[bytes, list[int]]:
    """Inspection numbers by machine, in the order they have in the topic; each machine in one partition."""
    found, partition_of = defaultdict(list), {}
    spec = contract(STREAM)
    parsed, prefix = fastavro.parse_schema(spec.avro), header(Registry().register(spec))
    for partition, key, value in since(ends):
        assert partition_of.setdefault(key, partition) == partition
        assert value.startswith(prefix)
        found[key].append(int(fastavro.schemaless_reader(io.BytesIO(value[5:]), parsed)["inspection_id"]))
    return found


def test_what_is_published_is_in_the_topic_by_key_and_in_order(ends):
    with Publisher() as publisher:
        publisher.send(STREAM, inspections(15_000))
        publisher.send(STREAM, as_table(contract(STREAM), inspections(5_000, start=15_000)))
    assert publisher.sent == {STREAM: 20_000}
    found = sent_inspections(ends)
    assert found == {b"m%d" % m: list(range(m, 20_000, 7)) for m in range(7)}


def test_raw_bytes_arrive_as_they_are(ends):
    with Publisher() as publisher:
        publisher.send_raw(STREAM, b"m1", b"\x00junk")
        publisher.send_raw(STREAM, None, None)
    assert sorted(((k, v) for _, k, v in since(ends)), key=str) == sorted([(b"m1", b"\x00junk"), (None, None)], key=str)


def test_a_batch_with_a_wrong_row_sends_none_of_it(ends):
    with Publisher() as publisher:
        with pytest.raises(MillwrightError, match="'product_id' is missing"):
            publisher.send(STREAM, [*inspections(3), {**inspections(1)[0], "product_id": None}])
        publisher.send(STREAM, inspections(1))
    assert len(list(since(ends))) == 1


def test_the_package_itself_offers_it(ends):
    assert millwright.publish(STREAM, as_table(contract(STREAM), inspections(3))) == 3
    assert len(list(since(ends))) == 3
    assert millwright.Publisher is Publisher
    with pytest.raises(AttributeError, match="has no attribute 'publisher_of'"):
        millwright.publisher_of  # noqa: B018


def test_a_queue_that_is_full_by_size_keeps_the_order(ends, monkeypatch):
    monkeypatch.setitem(_CONFIG, "queue.buffering.max.kbytes", 64)
    publish(STREAM, inspections(5_000))
    assert sent_inspections(ends) == {b"m%d" % m: list(range(m, 5_000, 7)) for m in range(7)}


def test_a_record_that_is_too_large_is_one_sentence(stack):
    row = {**inspections(1)[0], "lot_id": "x" * 2_000_000}
    with pytest.raises(MillwrightError, match=r"A record of 2,000,\d+ bytes cannot be sent"):
        publish(STREAM, [row])


def test_a_topic_that_is_not_there_is_named(stack):
    with Publisher() as publisher, pytest.raises(MillwrightError, match="has no topic nowhere"):
        publisher.send_raw("nowhere", b"", b"")


@pytest.mark.parametrize("part", ["KAFKA_BOOTSTRAP", "REGISTRY_URL"])
def test_a_part_that_is_down_is_one_sentence_with_the_command_to_start_it(stack, monkeypatch, part):
    address = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "REGISTRY_URL": "http://127.0.0.1:1"}[part]
    monkeypatch.setenv(f"MILLWRIGHT_{part}", address)
    monkeypatch.setattr("millwright.publisher._START_SECONDS", 2.0)
    settings.cache_clear()
    try:
        with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1 does not answer.*millwright up"):
            publish(STREAM, inspections(1))
    finally:
        monkeypatch.undo()
        settings.cache_clear()


def test_a_broker_lost_in_flight_loses_and_doubles_nothing(ends, stack):
    with Publisher() as publisher, ThreadPoolExecutor(1) as pool:
        publisher.send(STREAM, inspections(5_000))
        stack.kill("kafka")
        publisher.send(STREAM, inspections(5_000, start=5_000))
        healing = pool.submit(stack.heal, "topics")
        publisher.flush()
        healing.result()
    found = sent_inspections(ends)
    assert found == {b"m%d" % m: list(range(m, 10_000, 7)) for m in range(7)}


def test_what_could_not_be_delivered_is_an_error(stack, monkeypatch):
    monkeypatch.setitem(_CONFIG, "message.timeout.ms", 1500)
    publisher = Publisher()
    stack.kill("kafka")
    try:
        publisher.send(STREAM, inspections(10))
        with pytest.raises(Unavailable, match="10 records could not be delivered"):
            publisher.flush()
    finally:
        stack.heal("topics")
