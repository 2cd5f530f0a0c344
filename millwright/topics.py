"""The streams' topics: made once, and looked at each time."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from confluent_kafka import (
    OFFSET_INVALID,
    Consumer,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, OffsetSpec, ResourceType

from millwright.contracts import contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.settings import Settings, settings

log = logging.getLogger(__name__)

_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True)
class TopicReport:
    """What was made, and in what the topics that were there differ from the settings (sentences)."""

    created: tuple[str, ...]
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Topic:
    """A topic as it is. A topic that was deleted and made anew has another id."""

    name: str
    topic_id: str
    partitions: int
    is_led: bool = True  # every partition has a leader, which a topic that has just been made may lack


_SILENT = (KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE)


def broker_unavailable(error: KafkaException | None = None) -> Unavailable:
    """The error of a broker that does not answer, or answers that it cannot."""
    # A client that lives through a broker's restart goes on asking with the leader epoch from before, and is refused.
    admin_client.cache_clear()
    cause = error.args[0] if error else None
    if cause is None or cause.code() in _SILENT:
        return Unavailable(f"Kafka at {settings().kafka} does not answer.", "Start it with `millwright up`.")
    return Unavailable(f"Kafka at {settings().kafka} answers: {cause.str()}.", "Look at `millwright logs kafka`.")


def answer(future: Future[Any]) -> Any:
    """A broker's answer to an admin client's request. Raises KafkaException; Unavailable when none comes."""
    try:
        # The client gives up by itself after the request's time; without a limit here its failing to would hang us.
        return future.result(2 * _TIMEOUT_SECONDS)
    except TimeoutError:
        raise broker_unavailable() from None


def settled(futures: dict[Any, Future[Any]]) -> dict[Any, Future[Any]]:
    """The same answers once all of them are there: a client that is let go with some under way crashes."""
    wait(futures.values(), 2 * _TIMEOUT_SECONDS)
    return futures


def describe(*names: str) -> dict[str, Topic]:
    """Topics by name; those that do not exist are left out. Raises Unavailable when the broker does not answer."""
    if not names:
        return {}
    admin = _admin()
    found: dict[str, Topic] = {}
    futures = admin.describe_topics(TopicCollection(list(names)), request_timeout=_TIMEOUT_SECONDS)
    for name, future in futures.items():
        try:
            described = answer(future)
            is_led = all(part.leader is not None and part.leader.id >= 0 for part in described.partitions)
            found[name] = Topic(name, str(described.topic_id), len(described.partitions), is_led)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise broker_unavailable(error) from error
    return found


def offsets_at(places: Iterable[tuple[str, int]], when: OffsetSpec) -> dict[tuple[str, int], int]:
    """Of each partition (topic, number) the offset at its end, its beginning or a moment; -1 where none is as new.

    Raises Unavailable when the broker does not answer.
    """
    request = {TopicPartition(topic, number): when for topic, number in places}
    if not request:
        return {}
    admin = _admin()
    futures = settled(
        admin.list_offsets(request, isolation_level=IsolationLevel.READ_COMMITTED, request_timeout=_TIMEOUT_SECONDS)
    )
    try:
        found = {(at.topic, at.partition): answer(future).offset for at, future in futures.items()}
    except KafkaException as error:
        raise broker_unavailable(error) from error
    if OFFSET_INVALID in found.values():  # so says the client, without an error, when the broker did not answer in time
        raise broker_unavailable()
    return {place: int(offset) for place, offset in found.items()}


def ensure_topics() -> TopicReport:
    """Make the topics that are missing, with log append time; a topic that exists is left as it is.

    Raises MillwrightError for a topic that takes the producer's clock; Unavailable when the broker does not answer.
    """
    config, admin = settings(), _admin()
    names = [contract.topic for contract in contracts().values()]
    existing = describe(*names)
    created = tuple(name for name in names if name not in existing and _made(admin, _new(name, config)))
    _await_visible(created)
    differing = tuple(_differences(admin, existing, config))
    for sentence in differing:
        log.warning("%s", sentence)
    return TopicReport(created, differing)


@lru_cache(maxsize=4)
def admin_client(address: str) -> AdminClient:
    """A client for asking about topics, groups and offsets, kept for the next question."""
    return AdminClient({"bootstrap.servers": address, "log_level": 0})


def _admin() -> AdminClient:
    return admin_client(settings().kafka)


def _new(name: str, config: Settings) -> NewTopic:
    wanted = {"message.timestamp.type": "LogAppendTime", "retention.ms": str(_retention_ms(config))}
    return NewTopic(name, config.topic_partitions, config.topic_replication, config=wanted)


def _retention_ms(config: Settings) -> int:
    return round(config.topic_retention_hours * 3_600_000)


def _made(admin: AdminClient, topic: NewTopic) -> bool:
    try:
        answer(admin.create_topics([topic], request_timeout=_TIMEOUT_SECONDS)[topic.topic])
    except KafkaException as error:
        if error.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False  # somebody else was faster
        raise MillwrightError(f"Kafka refuses to make the topic {topic.topic}: {error.args[0].str()}.") from error
    return True


def _await_visible(names: tuple[str, ...]) -> None:
    """A topic is made before every broker knows of it and leads it; asked for offsets before, librdkafka may crash."""
    if not names:
        return  # nothing is new, as at all starts but the first
    deadline = time.monotonic() + _TIMEOUT_SECONDS
    late = Unavailable(f"Kafka at {settings().kafka} has made {', '.join(names)} and does not show them.")
    known = describe(*names)
    while len(known) < len(names) or not all(topic.is_led for topic in known.values()):
        if time.monotonic() > deadline:
            raise late
        time.sleep(0.05)
        known = describe(*names)
    asking = Consumer({"bootstrap.servers": settings().kafka, "group.id": "millwright-topics", "log_level": 0})
    places = [TopicPartition(name, number) for name in names for number in range(known[name].partitions)]
    try:
        while places:
            try:
                asking.get_watermark_offsets(places[-1], timeout=5)
                places.pop()
            except KafkaException:
                if time.monotonic() > deadline:
                    raise late from None
                time.sleep(0.05)
    finally:
        asking.close()


def _differences(admin: AdminClient, existing: dict[str, Topic], config: Settings) -> list[str]:
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in existing]
    found = []
    described = admin.describe_configs(resources, request_timeout=_TIMEOUT_SECONDS) if resources else {}
    for resource, future in described.items():
        name, entries = resource.name, answer(future)
        if entries["message.timestamp.type"].value != "LogAppendTime":
            raise MillwrightError(
                f"The topic {name} takes its time stamps from the producer's clock.",
                f"Set message.timestamp.type=LogAppendTime on it: kafka-configs.sh --bootstrap-server {config.kafka} "
                f"--alter --entity-type topics --entity-name {name} --add-config "
                "message.timestamp.type=LogAppendTime",
            )
        if existing[name].partitions != config.topic_partitions:
            found.append(
                f"The topic {name} has {existing[name].partitions} partitions, "
                f"MILLWRIGHT_TOPIC_PARTITIONS is {config.topic_partitions}; a key keeps its partition, so it stays."
            )
        if int(entries["retention.ms"].value) != _retention_ms(config):
            found.append(
                f"The topic {name} keeps records {int(entries['retention.ms'].value) / 3_600_000:g} h, "
                f"MILLWRIGHT_TOPIC_RETENTION_HOURS is {config.topic_retention_hours:g}."
            )
    return found
