"""The service behind `millwright alerts notify`: people are told of alerts, at least once, each way by itself.

Each way (webhook, mail) has a consumer group, a thread and a memory of its own, so that one that is dead holds up
neither the other nor the alerts. Offsets are committed when everything up to them is told or remembered, and what has
been told is saved first: a service that is killed tells again at most what it was telling at that moment, with the same
idempotency key or Message-ID.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from millwright.contracts import contract
from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.notify import Mail, Refused, Undelivered, Way, configured
from millwright.registry import Registry
from millwright.settings import settings
from millwright.topics import broker_unavailable, describe
from streaming.accepted import accepted
from streaming.alerts.pager import Pager, notice
from streaming.positions import replace
from streaming.session import persist

log = logging.getLogger(__name__)

_ALERTS, _STATUS = "equipment-alerts", "equipment-status"
_BATCH_RECORDS = 1_000
_WAIT_SECONDS = 0.2
_GATHER_SECONDS = 0.5  # an alert waits so long for others, and for the event that says why
_SETTLE_SECONDS = 5.0  # how often what has been read without anything to tell is committed
_BACKOFF_SECONDS = (1.0, 60.0)
_DUE_AT_MOST = 20_000  # more are left in Kafka
_FIRST_HOURS = 1.0  # a way that is new is told of what was raised so long before


def group(way: str) -> str:
    """The consumer group of a way."""
    return f"millwright-notify-{way}"


def run(stopped: Callable[[], bool]) -> None:
    """Tell people until `stopped`, waiting for whatever is away.

    Raises MillwrightError when nothing is configured, or for a memory that cannot be read.
    """
    ways = configured()
    if not ways:
        raise MillwrightError(
            "Nobody is to be told of alerts.",
            "Set MILLWRIGHT_ALERT_WEBHOOK_URL, or MILLWRIGHT_SMTP_HOST and MILLWRIGHT_ALERT_EMAIL_TO "
            "(see docs/alerts.md).",
        )
    failed: list[BaseException] = []
    ended = threading.Event()

    def follow(way: Way) -> None:
        try:
            persist(lambda: _Follower(way).run(stop), stop)
        except BaseException as error:  # noqa: BLE001  (told to whoever started the thread)
            failed.append(error)
            ended.set()

    def stop() -> bool:
        return ended.is_set() or stopped()

    threads = [threading.Thread(target=follow, args=(way,), name=way.name) for way in ways]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def memory_file(way: str) -> Path:
    """Where a way remembers what it has told."""
    return settings().state_dir / "notify" / f"{way}.json"


class _Follower:
    """One way, from one connection to Kafka to its loss."""

    def __init__(self, way: Way) -> None:
        self._way, self._file = way, memory_file(way.name)
        self._registry = Registry()
        self._saved, self._begun = "", 0.0
        self._pager = self._remembered()
        self._next_mail = self._first_due = self._settled = 0.0
        self._wait = _BACKOFF_SECONDS[0]
        self._unread: set[tuple[str, int]] = set()
        self._read_anything = self._paused = False
        self._lost: KafkaError | None = None

    def run(self, stopped: Callable[[], bool]) -> None:
        if missing := sorted({_ALERTS, _STATUS} - set(describe(_ALERTS, _STATUS))):
            raise Unavailable(f"Kafka has no topic {missing[0]} yet.", "`millwright up` makes it.")
        consumer = Consumer(_config(group(self._way.name), self._on_error))
        try:
            consumer.subscribe([_ALERTS, _STATUS], on_assign=self._on_assign)
            log.info("Telling of alerts: %s to %s.", self._way.name, self._way.address)
            while not stopped():
                if self._lost is not None:
                    raise broker_unavailable()
                self._hold_back(consumer)
                self._take(consumer.consume(_BATCH_RECORDS, _WAIT_SECONDS))
                self._tell(consumer)
            self._settle(consumer)
        except KafkaException as error:
            raise Unavailable(f"Kafka at {settings().kafka}: {error.args[0].str()}.") from None
        finally:
            consumer.close()

    def _hold_back(self, consumer: Consumer) -> None:
        """Leave in Kafka what comes while too much waits to be told."""
        full = len(self._pager.due) > _DUE_AT_MOST
        if full != self._paused:
            (consumer.pause if full else consumer.resume)(consumer.assignment())
            self._paused = full

    def _take(self, messages: list[Message]) -> None:
        by_topic: dict[str, list[Message]] = {_STATUS: [], _ALERTS: []}
        for message in messages:
            error = message.error()
            if error is None:
                by_topic[message.topic()].append(message)
                self._read_anything = True
            elif error.code() == KafkaError._PARTITION_EOF:
                self._unread.discard((message.topic(), message.partition()))
            elif error.fatal() or error.code() == KafkaError._ALL_BROKERS_DOWN:
                raise Unavailable(f"{message.topic()} cannot be read on: {error.str()}.")
        if by_topic[_STATUS]:
            self._pager.see(self._rows(_STATUS, by_topic[_STATUS])[0].to_pylist())
        if by_topic[_ALERTS]:
            rows, appended = self._rows(_ALERTS, by_topic[_ALERTS])
            latest = settings().alert_page_hours * 3_600
            for alert, taken in zip(rows.to_pylist(), appended, strict=True):
                old = taken < self._begun - _FIRST_HOURS * 3_600 or taken - alert["event_time"] / 1e6 > latest
                self._pager.take(alert, settings().alert_min_severity, old, time.time())

    def _rows(self, stream: str, messages: list[Message]) -> tuple[pa.Table, list[float]]:
        """Accepted rows, event time in µs, and when Kafka took each (s since 1970)."""
        found = accepted(contract(stream), messages, self._registry, settings().future_tolerance_seconds)
        times = pc.cast(found.rows["event_time"], pa.int64())
        rows = found.rows.set_column(found.rows.column_names.index("event_time"), "event_time", times)
        return rows, [messages[at].timestamp()[1] / 1000 for at in found.places.to_pylist()]

    def _tell(self, consumer: Consumer) -> None:
        if any(topic == _STATUS for topic, _ in self._unread):
            return  # who is in a planned stop is not known yet
        now = time.monotonic()
        self._pager.release()
        if not self._pager.due:
            self._first_due = 0.0
            if self._read_anything and now - self._settled > _SETTLE_SECONDS:
                self._settle(consumer)
            return
        self._first_due = self._first_due or now
        if now - self._first_due < _GATHER_SECONDS or now < self._next_mail:
            return
        try:
            self._deliver()
        except Undelivered as error:
            log.warning("%s Trying again in %.0f s; %d alerts wait.", error.message, self._wait, len(self._pager.due))
            self._next_mail = time.monotonic() + self._wait
            self._wait = min(2 * self._wait, _BACKOFF_SECONDS[1])
            return
        self._wait, self._first_due = _BACKOFF_SECONDS[0], 0.0
        pause = settings().alert_digest_seconds if isinstance(self._way, Mail) else 0.0
        self._next_mail = time.monotonic() + pause
        self._settle(consumer)

    def _deliver(self) -> None:
        """Tell all that is due: by mail in one, else one by one. Raises Undelivered; what was told before is saved."""
        keys = list(self._pager.due)
        for some in [keys] if isinstance(self._way, Mail) else [[key] for key in keys]:
            try:
                self._way.deliver([notice(self._pager.due[key]) for key in some])
            except Refused as error:
                log.error("%s It is not sent again: %s.", error.message, ", ".join(some[:3]))
            failpoint("notify.after_delivery")
            self._pager.done(some, time.time())
            self._save()
            failpoint("notify.after_save")

    def _settle(self, consumer: Consumer) -> None:
        """Save, and commit what has been read, if nothing of it waits to be told."""
        if self._pager.due or not self._read_anything or self._unread:
            return
        self._save()
        self._settled = time.monotonic()
        try:
            consumer.commit(asynchronous=False)
            self._read_anything = False
        except KafkaException as error:
            log.debug("offsets not committed: %s", error)
        failpoint("notify.after_commit")

    def _remembered(self) -> Pager:
        try:
            text = self._file.read_text()
        except FileNotFoundError:
            self._begun = time.time()
            self._pager = Pager()
            self._save()
            return self._pager
        try:
            head, _, rest = text.partition("\n")
            self._begun = float(head)
            return Pager.load(rest)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise MillwrightError(
                f"{self._file} is damaged: {error}.", "Remove it: what was raised in the last hour is then told again."
            ) from None

    def _save(self) -> None:
        text = f"{self._begun}\n{self._pager.dump(time.time())}"
        if text == self._saved:
            return
        replace(self._file, text.encode())
        self._saved = text

    def _on_assign(self, consumer: Any, partitions: list[Any]) -> None:
        self._unread = {(place.topic, place.partition) for place in partitions}

    def _on_error(self, error: KafkaError) -> None:
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            self._lost = error


def _config(name: str, on_error: Callable[[KafkaError], None]) -> dict[str, Any]:
    return {
        "bootstrap.servers": settings().kafka,
        "group.id": name,
        "error_cb": on_error,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "enable.partition.eof": True,
        "isolation.level": "read_committed",
        "session.timeout.ms": 6_000,
        "heartbeat.interval.ms": 2_000,
        "log_level": 0,
    }
