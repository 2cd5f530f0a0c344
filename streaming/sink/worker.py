"""A worker: reads partitions, and publishes what it has read by size or age.

Its promise: a record is in exactly one range of a partition's chain, and there it is accepted or quarantined. A range
is published once, by whoever is first; the worker that comes second drops what it has and goes on at the chain's end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from millwright.logs import said
from millwright.settings import settings
from millwright.store import Store, lake_store
from streaming.sink.broker import open_consumer
from streaming.sink.client_queue import ClientQueue
from streaming.sink.intake import Intake, taken
from streaming.sink.lane import Lake, Lane
from streaming.sink.metrics import PartitionNow
from streaming.sink.places import Places
from streaming.sink.position import Partition
from streaming.sink.relief import relieve
from streaming.sink.streams import Streams

log = logging.getLogger(__name__)

_MESSAGES = 10_000  # of one call; 30,000 halve the rate
_THREADS = 2  # one packs while another waits for the disk or the object store
_LOOK_SECONDS = 1.0
_GONE = (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION)


class Worker:
    """Consumes the topics of `streams`: those its group gives it (`join`), or those it is told to (`take`)."""

    def __init__(
        self,
        streams: Streams,
        store: Store | None = None,
        consumer: Consumer | None = None,
        pool: Executor | None = None,
    ) -> None:
        self.streams = streams
        store = store or lake_store()
        self._places = Places(store)
        self._consumer = consumer or open_consumer()
        self._queue = ClientQueue.of(self._consumer, _MESSAGES)
        self._pool = pool or ThreadPoolExecutor(_THREADS, "publish")
        self._lake = Lake(store, self._pool, self._places.verify)
        self._lanes: dict[Partition, Lane] = {}
        self._ends: dict[Partition, int] = {}  # of Kafka's log, as the client last heard
        self._looked = 0.0  # monotonic
        self._assignments = 0

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
        return self._lanes[partition].published_up_to

    def read_up_to(self, partition: Partition) -> int:
        """Everything of a partition before this offset has been read."""
        return self._lanes[partition].buffer.next_offset

    def step(self, timeout: float = 0.1) -> None:
        """Read what there is, waiting `timeout` seconds at most, and publish what is due.

        Raises MillwrightError when a topic is gone, or is another than it was, or has a newer contract.
        """
        if self._queue:
            self._take_in(self._queue.read(timeout))
            timeout = 0.0  # the consumer itself has its group's affairs only
        before = self._assignments
        messages = self._consumer.consume(_MESSAGES, timeout)
        if self._assignments == before:
            self._take_in(taken(messages))
        elif messages:
            # Some may be of the assignment before, and a step forward looks like a hole that Kafka left: read again.
            self._reassign()
        now, config = time.monotonic(), settings()
        for partition, lane in list(self._lanes.items()):
            self._settle(lane)
            if lane.waiting:
                if lane.waiting.until <= now:
                    self.publish(partition)
            elif lane.buffer.due(config.sink_roll_records, config.sink_roll_seconds, now):
                self.publish(partition)
        relieve(self._lanes.values(), self.publish)
        if now - self._looked > _LOOK_SECONDS:
            self._looked, self._ends = now, dict(self._heard_ends())

    def partitions_now(self) -> list[PartitionNow]:
        """How each partition stands; for other threads."""
        now = time.monotonic()
        return [
            PartitionNow(
                *partition,
                published=lane.published_up_to,
                end=self._ends.get(partition, -1),
                records=max(0, lane.buffer.next_offset - lane.published_up_to),
                size=lane.size,
                age_seconds=now - (lane.since or now),
                waiting=lane.waiting is not None,
            )
            for partition, lane in list(self._lanes.items())
        ]

    def _heard_ends(self) -> Iterator[tuple[Partition, int]]:
        """Asked in the worker's thread, for a consumer that consumes answers no other one."""
        for partition in self._lanes:
            with suppress(KafkaException):
                yield partition, self._consumer.get_watermark_offsets(TopicPartition(*partition), cached=True)[1]

    def drain(self) -> None:
        """Publish all that has been read. What cannot be published now is dropped: the next worker reads it again."""
        for partition in list(self._lanes):
            self.publish(partition)
        for partition, lane in list(self._lanes.items()):
            self._settle(lane, wait=True)
            if self._lanes[partition] is lane and lane.waiting is None:  # a second range, read meanwhile
                self.publish(partition)
                self._settle(lane, wait=True)

    def publish(self, partition: Partition) -> None:
        """Begin to publish what has been read of a partition; where that is not possible now, the partition waits."""
        lane = self._lanes[partition]
        try:
            lane.publish()
        except Unavailable as error:
            self._wait(lane, error)

    def _settle(self, lane: Lane, wait: bool = False) -> None:
        """Heed how a publication has ended."""
        try:
            ended = lane.settle(wait)
        except Unavailable as error:
            self._wait(lane, error)
            return
        if ended is None:
            return
        found, published = ended
        partition = lane.partition
        if lane.waiting:
            lane.waiting = None
            self._consumer.resume([TopicPartition(*partition)])
        if published is None:
            log.warning("%s/%d: another worker was first at offset %d; reading the lake again", *partition, found.start)
            self._start_again(partition)
            return
        header = published.header
        log.info(
            said(
                "published",
                stream=header.topic,
                file=published.key,
                offsets=f"{header.partition}:{header.first_offset}-{header.next_offset}",
                accepted=header.accepted,
                rejected=sum(header.rejected.values()),
                reasons=",".join(header.rejected),
            )
        )
        self._commit(partition, found.next_offset)
        failpoint("sink.after_commit")

    def _commit(self, partition: Partition, offset: int) -> None:
        """Tell Kafka how far we are, for whoever watches the lag; nothing depends on it."""
        try:
            self._consumer.commit(offsets=[TopicPartition(*partition, offset)], asynchronous=True)
        except KafkaException as error:
            log.debug("%s/%d: offset not committed: %s", *partition, error)

    def _take_in(self, intake: Intake) -> None:
        for partition, run in intake.runs:
            if (lane := self._lanes.get(partition)) is None:
                continue  # taken from us while it was on its way
            try:
                lane.take(run)
            except Unavailable as error:
                self._wait(lane, error)
        for told in intake.told:
            self._heed(told.error, told.partition, told.offset)

    def _heed(self, error: KafkaError, partition: Partition, offset: int) -> None:
        code = error.code()
        if code == KafkaError._PARTITION_EOF:
            if partition in self._lanes:
                self._lanes[partition].buffer.skip_to(offset)
        elif code in (KafkaError.OFFSET_OUT_OF_RANGE, KafkaError._AUTO_OFFSET_RESET):
            self._start_again(partition)
        elif code in _GONE:
            self._places.await_topic(partition[0])
            if partition in self._lanes:
                self._start_again(partition)
        elif error.fatal():
            raise Unavailable(f"Kafka at {settings().kafka} refuses the sink: {error.str()}.")
        else:
            log.warning("Kafka: %s", error.str())

    def _wait(self, lane: Lane, error: Unavailable) -> None:
        if lane.waiting is None:
            self._consumer.pause([TopicPartition(*lane.partition)])
        log.warning("%s/%d waits %.0f s: %s", *lane.partition, lane.hold_off(), error)

    def _start_again(self, partition: Partition) -> None:
        waited = self._lanes[partition].waiting
        [at] = self._resumed([partition])
        try:
            self._consumer.seek(at)
        except KafkaException:  # not being fetched at this moment
            self._reassign()
        if waited:
            self._consumer.resume([TopicPartition(*partition)])

    def _reassign(self) -> None:
        self._consumer.assign([TopicPartition(*p, lane.buffer.next_offset) for p, lane in self._lanes.items()])
        if waiting := [TopicPartition(*partition) for partition, lane in self._lanes.items() if lane.waiting]:
            self._consumer.pause(waiting)

    def _resumed(self, partitions: Iterable[Partition]) -> list[TopicPartition]:
        found = self._places.resume(partitions)
        self._lanes.update({p: Lane(p, offset, self.streams, self._lake) for p, offset in found.items()})
        if self._queue:
            self._queue.route(found)
        return [TopicPartition(*partition, offset) for partition, offset in found.items()]

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._assignments += 1
        self._lanes.clear()
        places = self._resumed([(p.topic, p.partition) for p in partitions])
        consumer.assign(places)
        consumer.resume(places)  # what was paused when it was last ours is paused still
        log.info("reading %d partitions", len(partitions))

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.drain()
        self._lanes.clear()

    def _on_lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._lanes.clear()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._lanes.clear()  # whatever went wrong, what is not published yet is read again
        if self._queue:
            self._queue.close()
        try:
            self._consumer.close()
        except KafkaException as closing:
            log.warning("Kafka: %s", closing)
        self._pool.shutdown(cancel_futures=kind is not None)
