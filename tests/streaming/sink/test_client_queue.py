"""What comes by librdkafka's own queue is what comes message by message."""

from __future__ import annotations

import time

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from millwright.errors import MillwrightError
from millwright.settings import settings
from streaming.sink.broker import open_consumer
from streaming.sink.client_queue import ClientQueue
from streaming.sink.intake import Intake, taken

MESSAGES = [(None, b"no key"), (b"k", None), (b"", b""), (b"key", b"x" * 100_000), (b"a", b"\0\1"), (None, None)] * 7


@pytest.fixture
def topic(kafka, line):
    """Two partitions that hold messages of all kinds."""
    producer = Producer({"bootstrap.servers": settings().kafka, "acks": "all"})
    for number in (0, 1):
        for key, value in MESSAGES[number:]:
            producer.produce(line.topic, value, key, number)
    producer.flush(30)
    return line.topic


def read(topic: str, queue: ClientQueue | None, consumer: Consumer) -> Intake:
    """All of both partitions, up to the ends that the client tells of."""
    whole, give_up = Intake(), time.monotonic() + 30
    if queue:
        queue.route([(topic, 0), (topic, 1)])
    consumer.assign([TopicPartition(topic, 0, 0), TopicPartition(topic, 1, 0)])
    while len(whole.told) < 2 and time.monotonic() < give_up:
        got = [queue.read(0.1)] if queue else []
        for intake in (*got, taken(consumer.consume(100, 0.1))):
            whole.runs.extend(intake.runs)
            whole.told.extend(intake.told)
    return whole


def by_partition(intake: Intake) -> dict[tuple[str, int], list[tuple[object, ...]]]:
    found: dict[tuple[str, int], list[tuple[object, ...]]] = {}
    for partition, run in intake.runs:
        assert len(run) == len(run.keys) == len(run.values)
        columns = run.offsets.tolist(), run.append_times.tolist(), run.keys.to_pylist(), run.values.to_pylist()
        found.setdefault(partition, []).extend(zip(*columns, strict=True))
        for column in (run.keys, run.values):
            column.validate(full=True)
    return found


def test_the_queue_gives_what_the_consumer_gives(topic):
    one, other = open_consumer(), open_consumer()
    queue = ClientQueue.of(one, 10)
    assert queue is not None
    by_queue, by_messages = read(topic, queue, one), read(topic, None, other)
    queue.close(), one.close(), other.close()
    assert by_partition(by_queue) == by_partition(by_messages)
    assert [(k, v) for _, _, k, v in by_partition(by_queue)[topic, 1]] == MESSAGES[1:]
    ends = {(told.partition, told.offset) for told in by_queue.told}
    assert ends == {((topic, 0), len(MESSAGES)), ((topic, 1), len(MESSAGES) - 1)}
    assert {told.error.code() for told in by_queue.told} == {KafkaError._PARTITION_EOF}


def test_a_partition_that_is_assigned_again_is_read_from_where_it_was_told(topic):
    consumer = open_consumer()
    queue = ClientQueue.of(consumer, 1000)
    assert queue is not None
    read(topic, queue, consumer)
    consumer.unassign()
    again = by_partition(read(topic, queue, consumer))
    queue.close(), consumer.close()
    assert {partition: len(rows) for partition, rows in again.items()} == {(topic, 0): 42, (topic, 1): 41}
    assert [offset for offset, *_ in again[topic, 0]] == list(range(42))


def test_a_part_of_what_was_read_does_not_keep_the_rest(topic):
    consumer = open_consumer()
    queue = ClientQueue.of(consumer, 1000)
    assert queue is not None
    intake = read(topic, queue, consumer)
    queue.close(), consumer.close()
    for _, run in intake.runs:
        assert sum(buffer.size for buffer in run.values.buffers() if buffer) <= run.values.nbytes + 64


def test_a_producers_clock_is_refused(kafka):
    name = "of-its-own-clock"
    client = AdminClient({"bootstrap.servers": settings().kafka})
    client.create_topics([NewTopic(name, 1, config={"message.timestamp.type": "CreateTime"})])[name].result()
    producer = Producer({"bootstrap.servers": settings().kafka})
    producer.produce(name, b"x")
    producer.flush(30)
    consumer = open_consumer()
    queue = ClientQueue.of(consumer, 10)
    assert queue is not None
    queue.route([(name, 0)])
    consumer.assign([TopicPartition(name, 0, 0)])
    with pytest.raises(MillwrightError, match="the producer's clock"):
        any(queue.read(0.1).runs for _ in range(300))
    queue.close(), consumer.close()


def test_another_client_is_read_by_its_own_means():
    assert ClientQueue.of(object(), 10) is None
