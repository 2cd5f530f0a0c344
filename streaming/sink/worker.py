"""A worker: reads partitions, and publishes what it has read by size or age.

Its promise: a record is in exactly one range of a partition's chain, and there it is accepted or quarantined. A range
is published once, by whoever is first; the worker that comes second drops what it has and goes on at the chain's end.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, ThreadPoolExecutor, wait
from contextlib import suppress
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.lake import read_genesis
from millwright.logs import said
from millwright.settings import settings
from millwright.store import Store, lake_store
from millwright.topics import broker_unavailable
from streaming.sink.broker import look, open_consumer, partitions_of
from streaming.sink.client_queue import ClientQueue
from streaming.sink.intake import Intake, taken
from streaming.sink.lane import Lake, Lane
from streaming.sink.metrics import PartitionNow
from streaming.sink.position import Chain, Partition, place, resume
from streaming.sink.streams import Streams

log = logging.getLogger(__name__)

_MESSAGES = 10_000  # of one call; 30,000 halve the rate
_THREADS = 2  # one packs while another waits for the disk or the object store
_MAX_BUFFERED_BYTES = 96 * 1024 * 1024
# A partition's offset may have to be found while the broker is away; the group misses a silent member after 300 s.
_PATIENCE_SECONDS = 240.0
_PROPAGATION_SECONDS = 30.0
_AWAY_SECONDS = 10.0
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
        self._store = store or lake_store()
        self._consumer = consumer or open_consumer()
        self._queue = ClientQueue.of(self._consumer, _MESSAGES)
        self._pool = pool or ThreadPoolExecutor(_THREADS, "publish")
        self._lake = Lake(self._store, self._pool, self._verify)
        self._lanes: dict[Partition, Lane] = {}
        self._ends: dict[Partition, int] = {}  # of Kafka's log, as the client last heard
        self._looked = 0.0  # monotonic
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
        self._relieve()
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

    def _verify(self, partition: Partition) -> None:
        """Look whether the topic is the one whose chain we lengthen, now that the records have been read."""
        if time.monotonic() < self._broker_away_until:  # the question costs ten seconds, for each partition
            raise broker_unavailable()
        try:
            kafka = look([partition])[partition]
        except Unavailable:
            self._broker_away_until = time.monotonic() + _AWAY_SECONDS
            raise
        place(partition, Chain(read_genesis(self._store, *partition), 0), kafka)

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
            self._await_topic(partition)
        elif error.fatal():
            raise Unavailable(f"Kafka at {settings().kafka} refuses the sink: {error.str()}.")
        else:
            log.warning("Kafka: %s", error.str())

    def _relieve(self) -> None:
        """Keep memory bounded, however many partitions there are, and however slow the disk is.

        What is being packed is waited for. If that does not help, the fullest are published before they are due.
        """
        while (total := self._buffered()) > _MAX_BUFFERED_BYTES:
            if not (packing := [future for lane in self._lanes.values() for future in lane.packing]):
                break
            wait(packing, return_when=FIRST_COMPLETED)
        if total <= _MAX_BUFFERED_BYTES:
            return
        for lane in sorted(self._lanes.values(), key=lambda lane: -lane.size):
            if total > _MAX_BUFFERED_BYTES and lane.waiting is None:
                total -= lane.size
                self.publish(lane.partition)
        # Nothing more is read before one of them is done.
        wait([lane.busy for lane in self._lanes.values() if lane.busy], timeout=10.0, return_when=FIRST_COMPLETED)

    def _buffered(self) -> int:
        return sum(lane.size for lane in self._lanes.values())

    def _wait(self, lane: Lane, error: Unavailable) -> None:
        if lane.waiting is None:
            self._consumer.pause([TopicPartition(*lane.partition)])
        log.warning("%s/%d waits %.0f s: %s", *lane.partition, lane.hold_off(), error)

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
        if partition in self._lanes:
            self._start_again(partition)

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
