"""Care of whole topics: each partition after the other, in any process, at any time, beside running workers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.lake import links, partitions
from millwright.settings import settings
from millwright.silver_position import silver_position
from millwright.store import lake_store
from streaming.lake_care.compact import Compaction, compact_partition
from streaming.lake_care.expire import Expiry, expire_partition
from streaming.lake_care.listing import topics_of
from streaming.lake_care.sweep import sweep_orphans, sweep_partition
from streaming.lake_care.verify import Verified, verify_partition

Progress = Callable[[int], None]  # told the files done with
_UNFINISHED_SECONDS = 86_400.0


def count_links(topics: Sequence[str]) -> int:
    """How many files and gaps the chains of these topics have."""
    store = lake_store()
    return sum(len(links(store, topic, p)) for topic in topics for p in partitions(store, topic))


def verify(topics: Sequence[str], days: float | None = None, progress: Progress | None = None) -> list[Verified]:
    """Prove the chains of these topics; content only of files with records of the last `days` (None: all)."""
    store = lake_store()
    since = None if days is None else _ms(datetime.now(UTC) - timedelta(days=days))
    return [verify_partition(store, topic, p, since, progress) for topic in topics for p in partitions(store, topic)]


def prove(days: float | None = None) -> list[dict[str, Any]]:
    """Prove the whole lake. Raises MillwrightError naming the first damaged file and the remedy."""
    found = verify(topics_of(), days)
    raise_first(found)
    return [{name: value for name, value in each.__dict__.items() if name != "damages"} for each in found]


def raise_first(found: Sequence[Verified]) -> None:
    """Raises MillwrightError naming the first damaged file, when there is one."""
    damages = [damage for each in found for damage in each.damages]
    if damages:
        first = damages[0]
        number = f"{len(damages)} damages, the first in " if len(damages) > 1 else "Damage in "
        raise MillwrightError(f"{number}{first.key}: {first.what}.", first.remedy)


def compact(
    topics: Sequence[str],
    max_records: int | None = None,
    keep_minutes: float = 60.0,
    progress: Progress | None = None,
) -> dict[str, Compaction]:
    """Compact these topics. Files that were replaced more than `keep_minutes` ago are removed. Topic → what was done.

    Readers may be at the files that they have listed: a run of cleanse, say.
    """
    store = lake_store()
    limit = max_records if max_records is not None else settings().lake_compact_records
    keep, done = timedelta(minutes=keep_minutes), dict[str, Compaction]()
    for topic in topics:
        done[topic] = Compaction()
        for partition in partitions(store, topic):
            done[topic] += compact_partition(store, topic, partition, limit, progress)
            sweep_partition(store, topic, partition, datetime.now(UTC) - keep)
    return done


def expire(
    topics: Sequence[str], older_than_days: float, even_unread: bool = False, keep_minutes: float = 60.0
) -> dict[str, Expiry]:
    """Drop and remove bronze files whose records are all older, and their quarantine objects. Topic → what was done.

    What silver has not read stays, unless `even_unread`.
    """
    store, before = lake_store(), _ms(datetime.now(UTC) - timedelta(days=older_than_days))
    until, done = datetime.now(UTC) - timedelta(minutes=keep_minutes), dict[str, Expiry]()
    by_topic = {each.topic: each for each in contracts().values()}
    for topic in topics:
        done[topic] = Expiry()
        read = silver_position(by_topic[topic]) if topic in by_topic and not even_unread else {}
        for partition in partitions(store, topic):
            up_to = (None, None) if even_unread else (read.get(partition, 0), read.get(~partition, 0))
            done[topic] += expire_partition(store, topic, partition, before, *up_to)
            sweep_partition(store, topic, partition, until)
    return done


def sweep(topics: Sequence[str], keep_minutes: float = 60.0) -> int:
    """Remove what no reader looks at; how many objects. What is being written is let be for a day."""
    store, until, removed = lake_store(), datetime.now(UTC) - timedelta(minutes=keep_minutes), 0
    for topic in topics:
        for partition in partitions(store, topic):
            removed += sweep_partition(store, topic, partition, until) + sweep_orphans(store, topic, partition)
    for key in store.unfinished(_UNFINISHED_SECONDS):
        store.remove(key)
        removed += 1
    return removed


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)
