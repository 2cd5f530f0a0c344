"""The sink's side of Kafka: its consumer, and what the broker says of the topics."""

from __future__ import annotations

import time
from collections.abc import Iterable

from confluent_kafka import Consumer, ConsumerGroupState, ConsumerGroupTopicPartitions, KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, OffsetSpec

from millwright.errors import MillwrightError
from millwright.settings import settings
from millwright.topics import Topic, admin_client, answer, broker_unavailable, describe, offsets_at
from streaming.sink.position import Log, Partition

_TIMEOUT_SECONDS = 10.0

# The first group that a broker is asked about has it make the topic of the groups.
_COORDINATOR_COMING = (
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.NOT_COORDINATOR,
)

_CONFIG = {
    "enable.auto.commit": False,  # the lake is the truth; committed offsets are for lag monitoring only
    "auto.offset.reset": "error",  # a position that Kafka no longer has is looked into, never skipped
    "isolation.level": "read_committed",
    "enable.partition.eof": True,
    "session.timeout.ms": 6000,  # a worker that is killed is missed after this long
    "log_level": 2,  # what matters comes as an error
    "reconnect.backoff.max.ms": 2000,
    # A full queue makes the client wait a second by default, and the queue is what bounds memory.
    "fetch.queue.backoff.ms": 10,
    "queued.min.messages": 50_000,
    "queued.max.messages.kbytes": 16_384,
}


def open_consumer() -> Consumer:
    """A consumer of the sink's group."""
    return Consumer({"bootstrap.servers": settings().kafka, "group.id": settings().sink_group, **_CONFIG})


def partitions_of(topics: Iterable[str]) -> list[Partition]:
    """All partitions of topics. Raises MillwrightError for a topic that is not there; Unavailable without a broker."""
    found = _described(topics)
    return [(topic, number) for topic, described in found.items() for number in range(described.partitions)]


def look(partitions: Iterable[Partition]) -> dict[Partition, Log]:
    """The partitions as Kafka has them now. Raises as `partitions_of` does."""
    wanted = list(partitions)
    if not wanted:
        return {}
    ids = _described({topic for topic, _ in wanted})
    low, high = offsets_at(wanted, OffsetSpec.earliest()), offsets_at(wanted, OffsetSpec.latest())
    return {p: Log(ids[p[0]].topic_id, low[p], high[p]) for p in wanted}


def group_is_live() -> bool:
    """Whether some worker of the sink's group consumes. Raises Unavailable without a broker."""
    group, give_up = settings().sink_group, time.monotonic() + _TIMEOUT_SECONDS
    while True:
        try:
            asked = _admin().describe_consumer_groups([group], request_timeout=_TIMEOUT_SECONDS)
            found = answer(asked[group])
            break
        except KafkaException as error:
            code = error.args[0].code()
            if code == KafkaError.GROUP_ID_NOT_FOUND:
                return False
            if code not in _COORDINATOR_COMING or time.monotonic() > give_up:
                raise broker_unavailable(error) from error
            time.sleep(0.1)
    return found.state not in (ConsumerGroupState.EMPTY, ConsumerGroupState.DEAD) and bool(found.members)


def published() -> dict[Partition, int]:
    """How far the sink has published each partition, as it has told Kafka after the fact: for whoever waits for it.

    Raises Unavailable without a broker.
    """
    asked = ConsumerGroupTopicPartitions(settings().sink_group)
    try:
        found = _admin().list_consumer_group_offsets([asked], request_timeout=_TIMEOUT_SECONDS)
        told = answer(found[settings().sink_group]).topic_partitions
    except KafkaException as error:
        if error.args[0].code() in (KafkaError.GROUP_ID_NOT_FOUND, *_COORDINATOR_COMING):
            return {}
        raise broker_unavailable(error) from error
    return {(each.topic, each.partition): each.offset for each in told or () if each.offset >= 0}


def _admin() -> AdminClient:
    return admin_client(settings().kafka)


def _described(topics: Iterable[str]) -> dict[str, Topic]:
    wanted = sorted(topics)
    found = describe(*wanted)
    for topic in wanted:
        if topic not in found:
            raise MillwrightError(f"Kafka at {settings().kafka} has no topic {topic}.", "`millwright up` makes it.")
    return found
