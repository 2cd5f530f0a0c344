"""Do Kafka and the schema registry have what the contracts say, and does the broker keep our time?"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Collection, Iterator

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, OffsetSpec, ResourceType

from millwright.contracts import contracts
from millwright.doctor import Check, Finding
from millwright.doctor.warehouse import differing
from millwright.registry import Registry
from millwright.settings import settings
from millwright.topics import admin_client, answer, broker_unavailable, describe

_SECONDS = 10.0


def require_broker() -> None:
    """Raises Unavailable at once when nobody listens where Kafka should; its client would wait for ten seconds."""
    for address in settings().kafka.split(","):
        host, _, port = address.strip().rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=3).close()
            return
        except OSError:
            continue
    raise broker_unavailable()


def registered() -> Iterator[Finding]:
    """Each contract's schema is its subject's newest."""
    registry = Registry()
    for contract in contracts().values():
        newest = registry.latest(contract.subject)
        if newest is None:
            problem = f"The registry at {registry.address} has no schema of {contract.subject}."
            yield Finding(problem, "Register the contracts.", "millwright up --only schemas")
        elif newest.avro != json.loads(contract.avro_json):
            yield Finding(
                f"The registry's newest schema of {contract.subject} (version {newest.version}) is not the contract "
                f"{contract.stream}.",
                "See which field differs; a change that readers can live with is then registered by `millwright up`.",
                "millwright contracts check && millwright up --only schemas",
            )


def topics(names: Collection[str] = ()) -> Iterator[Finding]:
    """Each contract's topic is there and takes its time stamps from the broker's clock."""
    require_broker()
    wanted = list(names) or [contract.topic for contract in contracts().values()]
    there = describe(*wanted)
    for name in wanted:
        if name not in there:
            yield Finding(f"Kafka has no topic {name}.", "Make the missing topics.", "millwright up --only topics")
    for name in there:
        if _timestamps(name) != "LogAppendTime":
            yield Finding(
                f"The topic {name} takes its time stamps from the producer's clock.",
                "Let the broker set them; what is late is judged by them.",
                f"kafka-configs.sh --bootstrap-server {settings().kafka} --alter --entity-type topics --entity-name "
                f"{name} --add-config message.timestamp.type=LogAppendTime",
            )


def broker_clock(names: Collection[str] = ()) -> Iterator[Finding]:
    """Append times beyond our own clock: a broker that is ahead. One that is behind cannot be told by reading."""
    require_broker()
    there = describe(*(names or [contract.topic for contract in contracts().values()]))
    places = [TopicPartition(topic.name, number) for topic in there.values() for number in range(topic.partitions)]
    if not places:
        return
    asked = _admin().list_offsets({place: OffsetSpec.max_timestamp() for place in places}, request_timeout=_SECONDS)
    try:
        newest = max(answer(future).timestamp for future in asked.values()) / 1000
    except KafkaException as error:
        raise broker_unavailable(error) from error
    yield from differing(f"The broker at {settings().kafka}", max(newest, now := time.time()), now, now)


def _timestamps(topic: str) -> str:
    resource = ConfigResource(ResourceType.TOPIC, topic)
    try:
        entries = answer(_admin().describe_configs([resource], request_timeout=_SECONDS)[resource])
    except KafkaException as error:
        raise broker_unavailable(error) from error
    return str(entries["message.timestamp.type"].value)


def _admin() -> AdminClient:
    return admin_client(settings().kafka)


CHECKS = [
    Check("registry", "the contracts' schemas", registered),
    Check("topics", "those of the contracts, with the broker's time", topics),
    Check("clock of the broker", "against ours", broker_clock),
]
