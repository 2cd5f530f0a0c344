"""What the sink tells Prometheus. Counted once for each published file, never for a record; see docs/watch-it.md."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram

from millwright.bronze import Header
from millwright.metrics import BYTES, SECONDS, Gauge, Moment

_LABELS = ("topic", "partition")
_LAG = Gauge("millwright_sink_lag_records", "Records that Kafka has and the lake has not.", _LABELS)
_BUFFERED = Gauge("millwright_sink_buffered_records", "Records read and not yet published.", _LABELS)
_BUFFERED_BYTES = Gauge("millwright_sink_buffered_bytes", "Memory that these take.", _LABELS)
_AGE = Gauge("millwright_sink_roll_age_seconds", "Age of the oldest record read and not yet published.", _LABELS)
_WAITING = Gauge("millwright_sink_waiting", "1 while the partition waits for a broker, registry or store.", _LABELS)

_CONSUMED = Counter("millwright_sink_consumed_records", "Records published: accepted or quarantined.", ["topic"])
_ACCEPTED = Counter("millwright_sink_accepted_records", "Records accepted.", ["topic"])
_QUARANTINED = Counter("millwright_sink_quarantined_records", "Records quarantined.", ["topic", "reason"])
_GAPS = Counter("millwright_sink_gap_records", "Records that Kafka dropped before they were landed.", ["topic"])
_REFUSED = Counter("millwright_sink_refused_files", "Files that another worker had published already.", ["topic"])
_BYTES = Histogram("millwright_sink_file_bytes", "Size of a published file.", ["topic"], buckets=BYTES)
_SECONDS = Histogram(
    "millwright_sink_publish_seconds", "From a range's last record to its commit.", ["topic"], buckets=SECONDS
)


@dataclass(frozen=True)
class PartitionNow:
    """A partition as a worker has it. `end` is Kafka's last known end, negative when it is not known.

    The worker's thread has to ask for `end`: a consumer that consumes answers no other thread.
    """

    topic: str
    partition: int
    published: int  # everything before this offset is in the lake
    end: int
    records: int  # read and not yet published
    size: int  # bytes of memory
    age_seconds: float  # of the oldest of these
    waiting: bool


def begin(topics: Iterable[str]) -> None:
    """Show the counts of these topics from 0 on: a series that appears with its first records has no rate for them."""
    for topic in topics:
        for counter in (_CONSUMED, _ACCEPTED, _GAPS):
            counter.labels(topic)


def published(header: Header, size: int, seconds: float) -> None:
    """A file is in the lake: its header, its size in bytes, and how long it took from its last record."""
    rejected = sum(header.rejected.values())
    _CONSUMED.labels(header.topic).inc(header.accepted + rejected)
    _ACCEPTED.labels(header.topic).inc(header.accepted)
    for reason, records in header.rejected.items():
        _QUARANTINED.labels(header.topic, reason).inc(records)
    _BYTES.labels(header.topic).observe(size)
    _SECONDS.labels(header.topic).observe(seconds)


def refused(topic: str) -> None:
    """Another worker was first."""
    _REFUSED.labels(topic).inc()


def gap(topic: str, records: int) -> None:
    """Kafka dropped records before they were landed, and the chain says so."""
    _GAPS.labels(topic).inc(records)


def watch(partitions: Callable[[], Iterable[PartitionNow]], registry: CollectorRegistry = REGISTRY) -> Moment:
    """Show what `partitions` tells whenever somebody looks; it is called in another thread than the worker's.

    Returns what `registry.unregister` takes.
    """

    def look() -> Iterable[tuple[Gauge, tuple[str, ...], float]]:
        for now in partitions():
            place = (now.topic, str(now.partition))
            if now.end >= 0:
                yield _LAG, place, max(0, now.end - now.published)
            yield _BUFFERED, place, now.records
            yield _BUFFERED_BYTES, place, now.size
            yield _AGE, place, now.age_seconds
            yield _WAITING, place, now.waiting

    moment = Moment((_LAG, _BUFFERED, _BUFFERED_BYTES, _AGE, _WAITING), look)
    registry.register(moment)
    return moment
