"""A worker: reads partitions, and publishes what it has read by size or age.

Its promise: a record is in exactly one range of a partition's chain, and there it is accepted or quarantined. A range
is published once, by whoever is first; the worker that comes second drops what it has and goes on at the chain's end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass
from types import TracebackType

from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, Consumer, KafkaError, KafkaException, Message, TopicPartition

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.lake import read_genesis
from millwright.settings import settings
from millwright.store import Store, lake_store
from millwright.topics import broker_unavailable
from streaming.sink.broker import look, open_consumer, partitions_of
from streaming.sink.buffer import Buffer
from streaming.sink.judge import judge, schema_ids
from streaming.sink.position import Chain, Partition, place, resume
from streaming.sink.publication import publish_range
from streaming.sink.streams import Streams

log = logging.getLogger(__name__)

_MESSAGES = 10_000  # of one call; 30,000 halve the rate
_MAX_BUFFERED_BYTES = 256 * 1024 * 1024
_BACK_OFF_SECONDS = 30.0
# A partition's offset may have to be found while the broker is away; the group misses a silent member after 300 s.
_PATIENCE_SECONDS = 240.0
_PROPAGATION_SECONDS = 30.0
_AWAY_SECONDS = 10.0
_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


@dataclass
class Wait:
    """A partition that cannot go on for now: it is paused, and tried again with longer and longer breaks."""

    until: float  # monotonic
    pause: float


class Worker:
    """Consumes the topics of `streams`: those its group gives it (`join`), or those it is told to (`take`)."""

    def __init__(self, streams: Streams, store: Store | None = None, consumer: Consumer | None = None) -> None:
        self.streams = streams
        self._store = store or lake_store()
        self._consumer = consumer or open_consumer()
        self._buffers: dict[Partition, Buffer] = {}
        self._waiting: dict[Partition, Wait] = {}
        self._verified: set[str] = set()  # topics that are still the ones of their chains, since the last read
        self._assignments = 0
        self._broker_away_until = 0.0  # monotonic

    def join(self) -> None:
        """Share the partitions with the other workers of the group."""
        self._consumer.subscribe(
            self.streams.topics, on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def take(self, partitions: Iterable[Partition]) -> None:
        """Read these partitions whoever else does: publication decides whose range counts."""
        self._consumer.assign(self._resumed(partitions))

    def leave(self, partition: Partition) -> None:
        """Read no more of a partition."""
        self._consumer.pause([TopicPartition(*partition)])

    def position(self, partition: Partition) -> int:
        """Everything of a partition before this offset is published."""
        buffer = self._buffers[partition]
        return buffer.start if len(buffer) else buffer.next_offset

    def read_up_to(self, partition: Partition) -> int:
        """Everything of a partition before this offset has been read."""
        return self._buffers[partition].next_offset

    def step(self, timeout: float = 0.1) -> None:
        """Read what there is, waiting `timeout` seconds at most, and publish what is due.

        Raises MillwrightError when a topic is gone, or is another than it was, or has a newer contract.
        """
        before = self._assignments
        messages = self._consumer.consume(_MESSAGES, timeout)
        if self._assignments == before:
            self._take_in(messages)
        elif messages:
            # Some may be of the assignment before, and a step forward looks like a hole that Kafka left: read again.
            self._reassign()
        now, config = time.monotonic(), settings()
        for partition in [p for p, wait in self._waiting.items() if wait.until <= now]:
            self.publish(partition)
        for partition, buffer in list(self._buffers.items()):
            if partition not in self._waiting and buffer.due(config.sink_roll_records, config.sink_roll_seconds, now):
                self.publish(partition)
        self._relieve()

    def drain(self) -> None:
        """Publish all that has been read. What cannot be published now is dropped: the next worker reads it again."""
        for partition in list(self._buffers):
            self.publish(partition)

    def publish(self, partition: Partition) -> None:
        """Publish what has been read of a partition; where that is not possible now, the partition waits."""
        buffer = self._buffers[partition]
        if not len(buffer):
            return
        topic, number = partition
        try:
            stream, known = self.streams.knowing(topic, schema_ids(buffer))
            judged = judge(buffer, stream.contract, stream.schema_id, known, settings().future_tolerance_seconds)
            self._verify(partition)
            published = publish_range(self._store, stream, number, buffer, judged)
        except Unavailable as error:
            self._wait(partition, error)
            return
        if self._waiting.pop(partition, None):
            self._consumer.resume([TopicPartition(*partition)])
        if published is None:
            log.warning(
                "%s/%d: another worker was first at offset %d; reading the lake again", *partition, buffer.start
            )
            self._start_again(partition)
            return
        key, header = published
        log.info("%s: %d accepted, %d rejected %s", key, header.accepted, len(judged.rejected), header.rejected or "")
        self._buffers[partition] = Buffer.at(buffer.next_offset)
        self._commit(partition, buffer.next_offset)
        failpoint("sink.after_commit")

    def _commit(self, partition: Partition, offset: int) -> None:
        """Tell Kafka how far we are, for whoever watches the lag; nothing depends on it."""
        try:
            self._consumer.commit(offsets=[TopicPartition(*partition, offset)], asynchronous=True)
        except KafkaException as error:
            log.debug("%s/%d: offset not committed: %s", *partition, error)

    def _verify(self, partition: Partition) -> None:
        """Look whether the topic is the one whose chain we lengthen, now that the records have been read."""
        topic, _ = partition
        if topic in self._verified:
            return
        if time.monotonic() < self._broker_away_until:  # the question costs ten seconds, for each partition
            raise broker_unavailable()
        try:
            kafka = look([partition])[partition]
        except Unavailable:
            self._broker_away_until = time.monotonic() + _AWAY_SECONDS
            raise
        place(partition, Chain(read_genesis(self._store, *partition), 0), kafka)
        self._verified.add(topic)

    def _take_in(self, messages: list[Message]) -> None:
        if messages:
            self._verified.clear()
        for message in messages:
            partition = (message.topic(), message.partition())
            if (error := message.error()) is not None:
                self._heed(error, partition, message.offset())
                continue
            if partition not in self._buffers:
                continue  # taken from us while it was on its way
            kind, append_time = message.timestamp()
            if kind != TIMESTAMP_LOG_APPEND_TIME:
                raise MillwrightError(
                    f"The topic {partition[0]} takes its time stamps from the producer's clock.",
                    "Set message.timestamp.type=LogAppendTime on it.",
                )
            self._buffers[partition].add(message.offset(), append_time, message.key(), message.value())

    def _heed(self, error: KafkaError, partition: Partition, offset: int) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            if partition in self._buffers:
                self._buffers[partition].skip_to(offset)
        elif code in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):
            self._start_again(partition)
        elif code in _GONE:
            self._await_topic(partition)
        elif error.fatal():
            raise Unavailable(f"Kafka at {settings().kafka} refuses the sink: {error.str()}.")
        else:
            log.warning("Kafka: %s", error.str())

    def _relieve(self) -> None:
        """Keep memory bounded, however many partitions there are: the fullest are published before they are due."""
        total = sum(buffer.size for buffer in self._buffers.values())
        for partition, buffer in sorted(self._buffers.items(), key=lambda item: -item[1].size):
            if total <= _MAX_BUFFERED_BYTES or partition in self._waiting:
                continue
            total -= buffer.size
            self.publish(partition)

    def _wait(self, partition: Partition, error: Unavailable) -> None:
        before = self._waiting.get(partition)
        pause = min(before.pause * 2, _BACK_OFF_SECONDS) if before else 1.0
        self._waiting[partition] = Wait(time.monotonic() + pause, pause)
        if before is None:
            self._consumer.pause([TopicPartition(*partition)])
        log.warning("%s/%d waits %.0f s: %s", *partition, pause, error)

    def _await_topic(self, partition: Partition) -> None:
        """A broker that has just started may not know its topics yet; one that goes on not knowing has lost one."""
        give_up = time.monotonic() + _PROPAGATION_SECONDS
        while True:
            try:
                partitions_of([partition[0]])
                break
            except MillwrightError as error:
                if time.monotonic() > give_up and not isinstance(error, Unavailable):
                    raise
                time.sleep(1.0)
        if partition in self._buffers:
            self._start_again(partition)

    def _start_again(self, partition: Partition) -> None:
        [at] = self._resumed([partition])
        try:
            self._consumer.seek(at)
        except KafkaException:  # not being fetched at this moment
            self._reassign()

    def _reassign(self) -> None:
        places = [TopicPartition(*partition, buffer.next_offset) for partition, buffer in self._buffers.items()]
        self._consumer.assign(places)
        if self._waiting:
            self._consumer.pause([TopicPartition(*partition) for partition in self._waiting])

    def _resumed(self, partitions: Iterable[Partition]) -> list[TopicPartition]:
        wanted, give_up, pause = list(partitions), time.monotonic() + _PATIENCE_SECONDS, 0.5
        while True:
            try:
                found = resume(self._store, wanted, look)
                break
            except Unavailable as error:
                if time.monotonic() > give_up:
                    raise
                log.warning("%s", error)
                time.sleep(pause)
                pause = min(pause * 2, 10.0)
        self._buffers.update({partition: Buffer.at(offset) for partition, offset in found.items()})
        return [TopicPartition(*partition, offset) for partition, offset in found.items()]

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignments += 1
        self._buffers.clear()
        self._waiting.clear()
        consumer.assign(self._resumed([(p.topic, p.partition) for p in partitions]))
        log.info("reading %d partitions", len(partitions))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.drain()
        self._buffers.clear()
        self._waiting.clear()

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._buffers.clear()
        self._waiting.clear()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._buffers.clear()  # whatever went wrong, what is not published yet is read again
        try:
            self._consumer.close()
        except KafkaException as closing:
            log.warning("Kafka: %s", closing)
