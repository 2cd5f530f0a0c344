"""Mending: rejected records are judged again, and those that pass now are published with the position they had.

Their position decides the order in silver, so a record that is mended late gives way to a newer correction. One that
was mended is not judged again, so that doing it twice, or being killed in the midst of it, changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from millwright import bronze
from millwright.bronze import Header
from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from millwright.lake import partitions, read_manifest
from millwright.lake.repaired import publish_repair, repairs
from millwright.settings import settings
from millwright.store import Store, lake_store
from streaming.quarantined.still import still_quarantined
from streaming.sink.intake import Run
from streaming.sink.judge import Judged, headed, judge
from streaming.sink.quarantine import Rejected
from streaming.sink.streams import Stream, Streams

_AT_ONCE = 100_000  # records
_ATTEMPTS = 5


@dataclass
class Retried:
    """What became of a topic's rejected records."""

    topic: str
    passed: Counter[str] = field(default_factory=Counter)  # by the reason for which they had been rejected
    failed: Counter[tuple[str, str]] = field(default_factory=Counter)  # by that reason, and by today's


class _Refused(Exception):
    """Another has mended meanwhile: some of these records, perhaps."""


def retry(topic: str, reason: str | None = None, dry_run: bool = False, streams: Streams | None = None) -> Retried:
    """Judge a topic's quarantined records again, those of one reason if it is given, and publish what passes now.

    `dry_run` only judges. Raises MillwrightError when a contract is older than the registry's newest, Unavailable when
    the registry does not answer or others keep mending first.
    """
    store, known, found = lake_store(), streams or Streams([topic]), Retried(topic)
    for partition in partitions(store, topic):
        for _ in range(_ATTEMPTS):
            try:
                failed = _retry(store, known, topic, partition, reason, dry_run, found)
                break
            except _Refused:
                continue
        else:
            raise Unavailable(f"Others keep mending records of {topic}/{partition}.", "Run it again.")
        found.failed.update(failed)
    return found


def _retry(
    store: Store, streams: Streams, topic: str, partition: int, reason: str | None, dry_run: bool, found: Retried
) -> Counter[tuple[str, str]]:
    """One partition: adds what passed to `found` as it is published; what fails again. Raises _Refused."""
    failed: Counter[tuple[str, str]] = Counter()
    before = repairs(store, topic, partition)
    number = before[-1].number + 1 if before else read_manifest(store, topic, partition).repaired_floor
    for records in _lots(store, topic, partition, reason):
        stream, judged = _judged(streams, topic, records)
        again = {records[at].offset: why for at, why in judged.rejected.items()}
        failed.update((each.reason, again[each.offset]) for each in records if each.offset in again)
        passed = [each for each in records if each.offset not in again]
        if passed and not dry_run:
            data = bronze.write(stream.contract, _header(stream, partition, passed), judged.accepted)
            failpoint("repair.before_write")
            if not publish_repair(store, topic, partition, number, data):
                raise _Refused
            failpoint("repair.after_commit")
            number += 1
        found.passed.update(each.reason for each in passed)
    return failed


def _lots(store: Store, topic: str, partition: int, reason: str | None) -> Iterator[list[Rejected]]:
    lot: list[Rejected] = []
    for _, records in still_quarantined(store, topic, partition, reason):
        lot += sorted(records)
        if len(lot) >= _AT_ONCE:
            yield lot
            lot = []
    if lot:
        yield lot


def _judged(streams: Streams, topic: str, records: list[Rejected]) -> tuple[Stream, Judged]:
    run = Run.of(
        np.array([each.offset for each in records], np.int64),
        np.array([each.append_time for each in records], np.int64),
        [each.key for each in records],
        [each.value for each in records],
    )
    heads = headed(run)
    stream, known = streams.knowing(topic, set(heads.by_schema))
    tolerance = settings().future_tolerance_seconds
    return stream, judge(run, heads, stream.contract, stream.schema_id, known, tolerance)


def _header(stream: Stream, partition: int, passed: list[Rejected]) -> Header:
    times = [each.append_time for each in passed]
    return Header(
        topic=stream.contract.topic,
        partition=partition,
        first_offset=passed[0].offset,
        next_offset=passed[-1].offset + 1,
        schema_id=stream.schema_id,
        accepted=len(passed),
        rejected={},
        append_min=min(times),
        append_max=max(times),
        quarantine=None,
        quarantine_sha256=None,
        repaired=dict(sorted(Counter(each.reason for each in passed).items())),
    )
