"""Publishing to the streams' topics: acknowledged by all replicas, once, and in order of the key."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from types import TracebackType
from typing import Any

import pyarrow as pa
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from millwright.contracts import contract
from millwright.errors import MillwrightError, Unavailable
from millwright.registry import Registry
from millwright.settings import settings
from millwright.topics import broker_unavailable
from millwright.wire import encode, header

log = logging.getLogger(__name__)

_START_SECONDS = 10.0
_TELL_SECONDS = 30.0
# A broker that is started again within this time loses nothing: what is under way is sent again, once each.
_DELIVERY_SECONDS = 600

_QUEUE_RECORDS = 200_000

_CONFIG = {
    "enable.idempotence": True,
    "acks": "all",
    "message.timeout.ms": _DELIVERY_SECONDS * 1000,
    "retry.backoff.ms": 100,
    "retry.backoff.max.ms": 2000,
    "reconnect.backoff.ms": 100,
    "reconnect.backoff.max.ms": 2000,
    "partitioner": "murmur2_random",  # the Java clients' choice, so that theirs and ours agree on a key's partition
    "compression.type": "lz4",
    "queue.buffering.max.messages": _QUEUE_RECORDS,
    "log_level": 2,  # what matters comes to error_cb
    "delivery.report.only.error": True,  # a call into Python for each success costs half the rate
}


class Publisher:
    """Sends to the streams' topics in Confluent's wire format; a context manager that flushes when it ends.

    What was sent before `flush` returned is on all in-sync replicas exactly once. A broker that is lost in flight is
    waited for (10 minutes). `sent` counts records by topic; `linger_ms` is how long one may wait for others to go with.
    Not to be shared between threads.

    Raises Unavailable when the broker or the registry does not answer at the start.
    """

    def __init__(self, linger_ms: float = 20.0) -> None:
        self.sent: Counter[str] = Counter()
        self._failures: list[KafkaError] = []
        self._told = -math.inf  # when it was last said that the broker is away
        self._registry = Registry()
        config = {"bootstrap.servers": settings().kafka, "error_cb": self._on_error, **_CONFIG, "linger.ms": linger_ms}
        self._producer = Producer(config)
        self._topics = self._existing()

    def send(self, stream: str, rows: list[dict[str, Any]] | pa.Table | pa.RecordBatch) -> None:
        """Send rows of a stream's fields; time stamps are datetimes or microseconds since 1970.

        Raises MillwrightError naming the field that is missing, unknown or of another type (none of the rows has been
        sent then), or the contract that the registry refuses; Unavailable when an earlier record could not be
        delivered.
        """
        spec = contract(stream)
        prefix = header(self._registry.register(spec))
        for records in encode(spec, rows, prefix):
            self._produce_all(spec.topic, records)

    def send_raw(self, topic: str, key: bytes | None, value: bytes | None, timestamp_ms: int = 0) -> None:
        """Send bytes as they are: what a broken producer would send, or a record that was encoded before.

        `timestamp_ms` is what the producer's clock is said to be, 0 for the true one.
        """
        self._produce(topic, key, value, timestamp_ms)

    def outstanding(self) -> int:
        """How many records are sent and not acknowledged yet. Raises Unavailable when one could not be delivered."""
        self._producer.poll(0)
        self._check()
        return len(self._producer)

    def flush(self) -> None:
        """Wait until everything sent is acknowledged. Raises Unavailable when something could not be delivered."""
        while self._producer.flush(1.0):
            self._check()
        self._check()

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.flush()
        else:
            self._producer.flush(10.0)  # what was sent before the error is still sent, if the broker is there

    def _produce_all(self, topic: str, records: list[tuple[bytes, bytes]]) -> None:
        """Hand over records in one call: a call for each would take most of the time."""
        self._require_topic(topic)
        # There is room for all, so none is refused while one behind it is taken: their order would be lost.
        while len(self._producer) > _QUEUE_RECORDS - len(records):
            self._producer.poll(0.01)
            self._check()
        messages = [{"key": key, "value": value} for key, value in records]
        self.sent[topic] += self._producer.produce_batch(topic, messages, on_delivery=self._on_failure)
        # Where large records have filled the queue, all behind a certain one were refused; they are marked.
        for message in (message for message in messages if "_error" in message):
            self._produce(topic, message["key"], message["value"])
        self._producer.poll(0)
        self._check()

    def _require_topic(self, topic: str) -> None:
        if topic not in self._topics:
            self._topics = self._existing()
            if topic not in self._topics:
                raise MillwrightError(f"Kafka at {settings().kafka} has no topic {topic}.", "`millwright up` makes it.")

    def _produce(self, topic: str, key: bytes | None, value: bytes | None, timestamp_ms: int = 0) -> None:
        self._require_topic(topic)
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._on_failure, timestamp=timestamp_ms)
                break
            except BufferError:  # the queue is full: the broker is slower than we are, or away
                self._producer.poll(0.1)
                self._check()
            except KafkaException as error:
                size = len(key or b"") + len(value or b"")
                raise MillwrightError(
                    f"A record of {size:,} bytes cannot be sent to {topic}: {error.args[0].str()}.",
                    "Send it in parts; Kafka's limit is a megabyte.",
                ) from None
        self.sent[topic] += 1

    def _existing(self) -> set[str]:
        try:
            return set(self._producer.list_topics(timeout=_START_SECONDS).topics)
        except KafkaException as error:
            raise broker_unavailable(error) from None

    def _on_failure(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failures.append(error)

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN and time.monotonic() - self._told > _TELL_SECONDS:
            self._told = time.monotonic()
            log.warning("Kafka at %s is away; what is under way is sent when it is back.", settings().kafka)

    def _check(self) -> None:
        if self._failures:
            raise Unavailable(
                f"{len(self._failures)} records could not be delivered to Kafka at {settings().kafka}: "
                f"{self._failures[0].str()}.",
                "Start it with `millwright up`, then send them again: a record that is sent twice does no harm.",
            )


def publish(stream: str, rows: list[dict[str, Any]] | pa.Table | pa.RecordBatch) -> int:
    """Send rows of one stream and wait until they are acknowledged; how many. Raises as Publisher does."""
    with Publisher() as publisher:
        publisher.send(stream, rows)
    return publisher.sent.total()
