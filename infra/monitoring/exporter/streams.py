"""What Kafka says of each stream: how much has come, when the newest did, and how far behind the sink is.

Asked of Kafka and not of the sink, so that a sink that has ended does not take its lag with it. The group's committed
offsets follow each published file; the lake, which is the truth, would have to be listed at every scrape.
"""

from __future__ import annotations

from collections.abc import Iterable

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import OffsetSpec

from infra.monitoring.exporter.source import Measure, Sample, Source
from millwright.contracts import contracts
from millwright.settings import settings
from millwright.topics import admin_client, answer, broker_unavailable, describe, offsets_at, settled

_SECONDS = 5.0

SENT = Measure(
    "millwright_stream_sent_records_total",
    "Records that have come to the topic.",
    ("topic",),
    "counter",
)
LAG = Measure("millwright_stream_lag_records", "Records that Kafka has and the sink has not landed.", ("topic",))
NEWEST = Measure(
    "millwright_stream_newest_record_timestamp_seconds", "When Kafka took the topic's newest record.", ("topic",)
)


def look() -> Iterable[Sample]:
    """Every stream that has a topic. Raises Unavailable when the broker does not answer."""
    known = describe(*(contract.topic for contract in contracts().values()))
    if not all(topic.is_led for topic in known.values()):
        raise broker_unavailable()
    places = [(name, number) for name, topic in known.items() for number in range(topic.partitions)]
    low, high = offsets_at(places, OffsetSpec.earliest()), offsets_at(places, OffsetSpec.latest())
    try:
        landed, newest = _landed(places), _newest(places)
    except KafkaException as error:  # such as a coordinator that is still loading
        raise broker_unavailable(error) from error
    for topic in known:
        own = [place for place in places if place[0] == topic]
        yield SENT, (topic,), sum(high[place] for place in own)
        # What expired before it was landed is no lag: the sink tells of it as a gap.
        yield LAG, (topic,), sum(max(0, high[place] - max(low[place], landed.get(place, 0))) for place in own)
        if times := [newest[place] for place in own if newest.get(place, -1) > 0]:
            yield NEWEST, (topic,), max(times) / 1000


def _landed(places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    group = settings().sink_group
    asked = ConsumerGroupTopicPartitions(group, [TopicPartition(*place) for place in places])
    futures = admin_client(settings().kafka).list_consumer_group_offsets([asked], request_timeout=_SECONDS)
    found = answer(futures[group]).topic_partitions
    return {(at.topic, at.partition): at.offset for at in found if at.offset >= 0}


def _newest(places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """ms since 1970; log append time grows with the offset, so the newest record has the greatest."""
    if not places:
        return {}
    request = {TopicPartition(*place): OffsetSpec.max_timestamp() for place in places}
    futures = settled(admin_client(settings().kafka).list_offsets(request, request_timeout=_SECONDS))
    return {(at.topic, at.partition): answer(future).timestamp for at, future in futures.items()}


KAFKA = Source("kafka", (SENT, LAG, NEWEST), look, "kafka")
