"""The service behind `millwright alerts run`: readings in, alerts out, at least once and with the same ids.

Nothing is lost: a partition's state and offset are saved together, in one file, and only after the alerts that the
records before this offset gave are acknowledged by Kafka. Whatever kills the service, it goes on from a saved pair, so
every record is judged at least once, by the state that all records before it left.

Nothing is counted twice: what is judged again gives the same alerts, for an id is made of machine, channel, rule and
the event time of the reading that raised it, and the contract's `unique` drops the second copy downstream. A reading
that comes twice, or is older than the machine's newest, changes nothing.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from millwright.contracts import Contract, contracts
from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from millwright.publish import Publisher
from millwright.reference import read
from millwright.registry import Registry
from millwright.settings import settings
from millwright.topics import broker_unavailable, describe
from streaming.alerts import positions
from streaming.alerts.decode import decode
from streaming.alerts.limits import Limits
from streaming.alerts.machine_types import MachineTypes
from streaming.alerts.watch import watch

log = logging.getLogger(__name__)

GROUP = "millwright-alerts"
_ALERTS = "equipment-alerts"
_BATCH_RECORDS = 5_000
_SAVE_SECONDS = 1.0  # what a crash makes the service judge again
_FOLLOW_SECONDS = 10.0  # how old a known machine's type may be
_BACKOFF_SECONDS = (0.5, 15.0)
# A topic that was made anew, or whose records expired: the positions are looked at again.
_LOOK_AGAIN = {
    KafkaError._AUTO_OFFSET_RESET,
    KafkaError.OFFSET_OUT_OF_RANGE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError._UNKNOWN_TOPIC,
    KafkaError._UNKNOWN_PARTITION,
    KafkaError._ALL_BROKERS_DOWN,
}


def run(stopped: Callable[[], bool]) -> None:
    """Judge readings until `stopped`, waiting for a broker or registry that is away.

    Raises MillwrightError for reference data or saved state that cannot be read.
    """
    wait = _BACKOFF_SECONDS[0]
    while not stopped():
        begun = time.monotonic()
        try:
            _Session(stopped).run()
        except Unavailable as error:
            if time.monotonic() - begun > 60:
                wait = _BACKOFF_SECONDS[0]
            log.warning("%s Trying again in %.1f s.", error.message, wait)
            until = time.monotonic() + wait
            while time.monotonic() < until and not stopped():
                time.sleep(0.1)
            wait = min(2 * wait, _BACKOFF_SECONDS[1])


class _Session:
    """From one connection to its loss; what was not saved is forgotten with it."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped
        self._streams: dict[str, Contract] = {c.topic: c for c in contracts().values() if c.channels}
        self._limits = Limits(read("alarm_limits"))
        self._folder: Path = settings().state_dir / "alerts"
        self._registry = Registry()
        self._positions: dict[tuple[str, int], positions.Position] = {}
        self._unsaved: set[tuple[str, int]] = set()
        self._lost: KafkaError | None = None

    def run(self) -> None:
        self._ids = {name: topic.topic_id for name, topic in describe(*self._streams).items()}
        if missing := sorted(set(self._streams) - set(self._ids)):
            raise Unavailable(f"Kafka has no topic {missing[0]} yet.", "`millwright up` makes it.")
        consumer = Consumer(_config(self._on_error))
        with MachineTypes(self._registry) as self._types, Publisher() as self._publisher:
            try:
                self._types.catch_up()
                followed = saved = time.monotonic()
                consumer.subscribe(list(self._streams), on_assign=self._assigned, on_revoke=self._revoked)
                log.info("Watching %s with %d rules.", ", ".join(self._streams), len(self._limits.rules))
                while not self._stopped():
                    self._judge(consumer.consume(_BATCH_RECORDS, 0.2))
                    now = time.monotonic()
                    if now - saved > _SAVE_SECONDS:
                        self._save()
                        saved = now
                    if now - followed > _FOLLOW_SECONDS:
                        self._types.catch_up()
                        followed = now
                self._save()
            except KafkaException as error:
                raise Unavailable(f"Kafka at {settings().kafka}: {error.args[0].str()}.") from None
            finally:
                self._positions.clear()  # what is not saved by now is not to be saved by the closing
                consumer.close()

    def _judge(self, messages: list[Message]) -> None:
        if self._lost is not None:
            raise broker_unavailable()
        by_partition: dict[tuple[str, int], list[Message]] = {}
        for message in messages:
            if (error := message.error()) is None:
                by_partition.setdefault((message.topic(), message.partition()), []).append(message)
            elif error.fatal() or error.code() in _LOOK_AGAIN:
                raise Unavailable(f"{message.topic()} cannot be read on: {error.str()}.")
        for place, those in by_partition.items():
            position = self._positions.get(place)
            if position is None:  # revoked while these were on their way
                continue
            spec, tolerance = self._streams[place[0]], settings().future_tolerance_seconds
            readings = decode(spec, those, self._registry, tolerance)
            if not self._types.knows(set(readings["equipment_id"].unique().to_pylist())):
                self._types.catch_up()
            if alerts := watch(position.state, readings, self._limits, self._types.of):
                self._publisher.send(_ALERTS, alerts)
            position.offset = those[-1].offset() + 1
            self._unsaved.add(place)

    def _save(self) -> None:
        if not self._unsaved:
            return
        self._publisher.flush()
        failpoint("alerts.after_flush")
        for topic, partition in sorted(self._unsaved):
            positions.save(self._folder, topic, partition, self._positions[topic, partition])
        failpoint("alerts.after_save")
        self._unsaved.clear()

    def _assigned(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        for place in partitions:
            position = positions.load(self._folder, place.topic, place.partition, self._ids[place.topic])
            low, _ = consumer.get_watermark_offsets(place, 10.0)
            if position.offset < low:
                log.warning("%s/%d: %d records expired unseen.", place.topic, place.partition, low - position.offset)
                position.offset = low
            place.offset = position.offset
            self._positions[place.topic, place.partition] = position
        consumer.assign(partitions)

    def _revoked(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        if self._positions:
            self._save()
        for place in partitions:
            self._positions.pop((place.topic, place.partition), None)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._lost = error


def _config(on_error: Callable[[KafkaError], None]) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings().kafka,
        "group.id": GROUP,
        "error_cb": on_error,
        "enable.auto.commit": False,
        "auto.offset.reset": "error",
        "isolation.level": "read_committed",
        "session.timeout.ms": 6_000,  # a killed service's partitions are free again after this long
        "heartbeat.interval.ms": 2_000,
        "fetch.queue.backoff.ms": 10,
        "queued.min.messages": 50_000,
        "queued.max.messages.kbytes": 16_384,
        "log_level": 0,
    }
