"""Following streams with a state: exactly once in effect, for whoever gives the same answer to the same records.

Nothing is lost: a partition's state and offset are saved together, in one file, and only after all that was sent for
the records before this offset is acknowledged. Whatever kills the service, it goes on from a saved pair, so every
record is judged at least once, by the state that all records before it left. What is judged again gives the same rows,
and the `unique` of their contract drops the second copy downstream.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, Protocol, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from millwright.contracts import Contract
from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from millwright.settings import settings
from millwright.topics import broker_unavailable, describe
from streaming.positions import Position, Positions

log = logging.getLogger(__name__)

S = TypeVar("S")
Place = tuple[str, int]  # topic, partition

_BACKOFF_SECONDS = (0.5, 15.0)
_LOOK_SECONDS = 1.0
_STEADY_SECONDS = 60.0  # a session that lived this long had found what it needs: the back-off begins anew
# A topic that was made anew, or whose records expired: the positions are looked at again.
_LOOK_AGAIN = {
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._ALL_BROKERS_DOWN,
}


def persist(session: Callable[[], None], stopped: Callable[[], bool]) -> None:
    """Run a session until `stopped`, and another one after each that a broker or registry ended by being away.

    Raises what else a session raises.
    """
    wait = _BACKOFF_SECONDS[0]
    while not stopped():
        begun = time.monotonic()
        try:
            session()
        except Unavailable as error:
            if time.monotonic() - begun > _STEADY_SECONDS:
                wait = _BACKOFF_SECONDS[0]
            log.warning("%s Trying again in %.1f s.", error.message, wait)
            until = time.monotonic() + wait
            while time.monotonic() < until and not stopped():
                time.sleep(0.1)
            wait = min(2 * wait, _BACKOFF_SECONDS[1])


class Job(Protocol[S]):
    """What a session does with records. `contract` is the stream's."""

    def take(self, contract: Contract, partition: int, state: S, messages: list[Message]) -> None:
        """Bring a partition's state forward by the next messages, and send what follows from them."""

    def rest(self, session: Session[S]) -> None:
        """Called between two batches, at least every `wait_seconds`. Who changes a state tells `session.changed`."""

    def flush(self) -> None:
        """Wait until all that was sent is acknowledged."""


class Session(Generic[S]):
    """From one connection to its loss; what was not saved is forgotten with it.

    `name` names the failpoints `<name>.after_flush` and `<name>.after_save`, and the group `millwright-<name>`.
    `ends` says where each partition ended when it was last read to its end, `lags` how many records were left a moment
    ago.
    """

    def __init__(
        self,
        name: str,
        streams: Mapping[str, Contract],
        positions: Positions[S],
        *,
        batch_records: int = 5_000,
        wait_seconds: float = 0.2,
        save_seconds: float = 1.0,
    ) -> None:
        self.name, self.streams = name, streams
        self.assigned: dict[Place, Position[S]] = {}
        self.ends: dict[Place, int] = {}
        self.lags: dict[Place, int] = {}
        self._positions = positions
        self._batch_records, self._wait_seconds, self._save_seconds = batch_records, wait_seconds, save_seconds
        self._unsaved: set[Place] = set()
        self._lost: KafkaError | None = None

    def run(self, job: Job[S], stopped: Callable[[], bool]) -> None:
        """Follow the streams (contracts by topic) until `stopped`. Raises Unavailable when a connection is lost."""
        self._job = job
        self._ids = {name: topic.topic_id for name, topic in describe(*self.streams).items()}
        if missing := sorted(set(self.streams) - set(self._ids)):
            raise Unavailable(f"Kafka has no topic {missing[0]} yet.", "`millwright up` makes it.")
        self.consumer = Consumer(_config(f"millwright-{self.name}", self._on_error))
        try:
            self.consumer.subscribe(list(self.streams), on_assign=self._on_assign, on_revoke=self._on_revoke)
            looked = time.monotonic()
            due = looked + self._save_seconds
            while not stopped():
                self._take(self.next())
                job.rest(self)
                if time.monotonic() - looked > _LOOK_SECONDS:
                    self.lags, looked = dict(self._lags()), time.monotonic()
                if (begun := time.monotonic()) > due:
                    self.save_soon()
                    # A state of hundreds of megabytes takes seconds to write: a tenth of the time at most.
                    due = time.monotonic() + max(self._save_seconds, 10 * (time.monotonic() - begun))
            self.save()
        except KafkaException as error:
            raise Unavailable(f"Kafka at {settings().kafka}: {error.args[0].str()}.") from None
        finally:
            self.assigned.clear()  # what is not saved by now is not to be saved by the closing
            self.consumer.close()

    def next(self) -> list[Message]:
        """The next messages, or none when nothing has come for a while."""
        return list(self.consumer.consume(self._batch_records, self._wait_seconds))

    def judge(self, batch: dict[Place, list[Message]]) -> None:
        """Bring the states of assigned partitions forward by the messages that came."""
        for place, those in batch.items():
            self._job.take(self.streams[place[0]], place[1], self.assigned[place].state, those)

    def save_soon(self) -> None:
        """Save what has changed, or see to it that it will be."""
        self.save()

    def changed(self, place: Place) -> None:
        """The state of a partition is not what was saved any more."""
        self._unsaved.add(place)

    def save(self) -> None:
        """Save what has changed, once what was sent is acknowledged; tell Kafka how far we are, for the lag only."""
        if not self._unsaved:
            return
        self._job.flush()
        failpoint(f"{self.name}.after_flush")
        for place in sorted(self._unsaved):
            self._positions.save(*place, self.assigned[place])
        failpoint(f"{self.name}.after_save")
        told = {place: self.assigned[place].offset for place in self._unsaved}
        self._unsaved.clear()
        self._tell(told)

    def _tell(self, offsets: dict[Place, int]) -> None:
        try:
            self.consumer.commit(offsets=[TopicPartition(*p, at) for p, at in offsets.items()], asynchronous=True)
        except KafkaException as error:
            log.debug("offsets not committed: %s", error)

    def _lags(self) -> Iterator[tuple[Place, int]]:
        """Asked here, for a consumer that consumes answers no other thread."""
        for place, position in self.assigned.items():
            _, high = self.consumer.get_watermark_offsets(TopicPartition(*place), cached=True)
            if high >= 0:
                yield place, max(0, high - position.offset)

    def _take(self, messages: list[Message]) -> None:
        if self._lost is not None:
            raise broker_unavailable()
        by_partition: dict[Place, list[Message]] = {}
        for message in messages:
            place = (message.topic(), message.partition())
            if (error := message.error()) is None:
                by_partition.setdefault(place, []).append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self.ends[place] = message.offset()
            elif error.fatal() or error.code() in _LOOK_AGAIN:
                raise Unavailable(f"{message.topic()} cannot be read on: {error.str()}.")
        # What was revoked while its messages were on their way is left to whoever has it now.
        batch = {place: those for place, those in by_partition.items() if place in self.assigned}
        self.judge(batch)
        for place, those in batch.items():
            self.assigned[place].offset = those[-1].offset() + 1
            self.changed(place)
        for place, end in self.ends.items():  # the last offsets may be control records, which are never given
            if place in self.assigned:
                self.assigned[place].offset = max(self.assigned[place].offset, end)

    def _on_assign(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            position = self._positions.read(place.topic, place.partition, self._ids[place.topic])
            low, _ = consumer.get_watermark_offsets(place, 10.0)
            if position.offset < low:
                if position.offset:
                    log.warning(
                        "%s/%d: offsets %d to %d expired unseen.",
                        place.topic,
                        place.partition,
                        position.offset,
                        low - 1,
                    )
                position.offset = low
            place.offset = position.offset
            self.assigned[place.topic, place.partition] = position
        consumer.assign(partitions)

    def _on_revoke(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        if self.assigned:
            self.save()
        for place in partitions:
            self.assigned.pop((place.topic, place.partition), None)
            self.ends.pop((place.topic, place.partition), None)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._lost = error


def _config(group: str, on_error: Callable[[KafkaError], None]) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings().kafka,
        "group.id": group,
        "error_cb": on_error,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "session.timeout.ms": 6_000,  # a killed service's partitions are free again after this long
        "heartbeat.interval.ms": 2_000,
        "fetch.queue.backoff.ms": 10,
        "queued.min.messages": 50_000,
        "queued.max.messages.kbytes": 16_384,
        "log_level": 0,
    }
