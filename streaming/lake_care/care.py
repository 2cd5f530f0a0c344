"""Care of whole topics: each partition after the other, in any process, at any time, beside running workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from millwright.contracts import contracts
from millwright.lake import links, partitions
from millwright.settings import settings
from millwright.silver_position import silver_position
from millwright.store import Store
from streaming.lake_care.compact import Compaction, compact_partition
from streaming.lake_care.expire import Expiry, expire_partition
from streaming.lake_care.sweep import sweep_orphans, sweep_partition
from streaming.lake_care.verify import Verified, verify_partition

Progress = Callable[[int], None]  # told the files done with
_UNFINISHED_SECONDS = 86_400.0


def count_links(store: Store, topics: Sequence[str]) -> int:
    """How many files and gaps the chains of these topics have."""
    return sum(len(links(store, topic, p)) for topic in topics for p in partitions(store, topic))


def verify(
    store: Store, topics: Sequence[str], days: float | None = None, progress: Progress | None = None
) -> list[Verified]:
    """Prove the chains of these topics; content only of files with records of the last `days` (None: all)."""
    since = None if days is None else _ms(datetime.now(UTC) - timedelta(days=days))
    return [verify_partition(store, topic, p, since, progress) for topic in topics for p in partitions(store, topic)]


def compact(
    store: Store,
    topics: Sequence[str],
    max_records: int | None = None,
    keep_minutes: float = 60.0,
    progress: Progress | None = None,
) -> dict[str, Compaction]:
    """Compact these topics. Files that were replaced more than `keep_minutes` ago are removed. Topic → what was done.

    Readers may be at the files that they have listed: a run of cleanse, say.
    """
    limit = max_records if max_records is not None else settings().lake_compact_records
    until, done = datetime.now(UTC) - timedelta(minutes=keep_minutes), dict[str, Compaction]()
    for topic in topics:
        done[topic] = Compaction()
        for partition in partitions(store, topic):
            done[topic] += compact_partition(store, topic, partition, limit, progress)
            sweep_partition(store, topic, partition, until)
    return done


def expire(
    store: Store, topics: Sequence[str], older_than_days: float, even_unread: bool = False, keep_minutes: float = 60.0
) -> dict[str, Expiry]:
    """Drop and remove bronze files whose records are all older, and their quarantine objects. Topic → what was done.

    What silver has not read stays, unless `even_unread`.
    """
    before = _ms(datetime.now(UTC) - timedelta(days=older_than_days))
    until, done = datetime.now(UTC) - timedelta(minutes=keep_minutes), dict[str, Expiry]()
    by_topic = {each.topic: each for each in contracts().values()}
    for topic in topics:
        done[topic] = Expiry()
        read = silver_position(by_topic[topic]) if topic in by_topic and not even_unread else {}
        for partition in partitions(store, topic):
            read_up_to = None if even_unread else read.get(partition, 0)
            done[topic] += expire_partition(store, topic, partition, before, read_up_to)
            sweep_partition(store, topic, partition, until)
    return done


def sweep(store: Store, topics: Sequence[str], keep_minutes: float = 60.0) -> int:
    """Remove what no reader looks at; how many objects. What is being written is let be for a day."""
    until, removed = datetime.now(UTC) - timedelta(minutes=keep_minutes), 0
    for topic in topics:
        for partition in partitions(store, topic):
            removed += sweep_partition(store, topic, partition, until) + sweep_orphans(store, topic, partition)
    for key in store.unfinished(_UNFINISHED_SECONDS):
        store.remove(key)
        removed += 1
    return removed


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
