"""What lies in quarantine: rejected records that were not mended since."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.lake import list_bronze, list_repaired, partitions
from millwright.lake.chain import read_headers
from millwright.lake.repaired import repaired_offsets
from millwright.store import Store, lake_store
from streaming.sink import quarantine
from streaming.sink.quarantine import Rejected


@dataclass(frozen=True)
class Summary:
    """Records of a topic that were rejected for one reason, and where to see one of them."""

    topic: str
    reason: str
    records: int
    file: str  # the newest quarantine object with such a record
    offset: int
    sample: bytes | None  # the value as it came


def still_quarantined(
    store: Store, topic: str, partition: int, reason: str | None = None, newest_first: bool = False
) -> Iterator[tuple[str, list[Rejected]]]:
    """Quarantine objects by key and their records that were not mended; of one reason only, if it is given.

    In order of offset, or the objects newest first. Raises MillwrightError when an object is missing.
    """
    chain = read_headers(store, topic, partition).links
    mended = repaired_offsets(store, topic, partition)
    parts = [part for _, header in chain for part in header.ranges if part.quarantine is not None]
    for part in reversed(parts) if newest_first else parts:
        if not any(is_of(each, reason) for each in part.rejected):
            continue
        data = store.read(str(part.quarantine))
        if data is None:
            raise MillwrightError(f"The quarantine object {part.quarantine} is gone.", "Put it back from a backup.")
        found = (Rejected(**record) for record in quarantine.decode(data))
        kept = [each for each in found if each.offset not in mended and is_of(each.reason, reason)]
        if kept:
            yield str(part.quarantine), kept


def is_of(reason: str, wanted: str | None) -> bool:
    """Whether a reason is the one that is wanted (None: any): `out_of_range` is that of any field."""
    return wanted is None or reason == wanted or reason.startswith(f"{wanted}:")


def rejections(topics: Iterable[str] | None = None) -> Iterator[Summary]:
    """What lies in quarantine, one entry per topic and reason. Raises as `still_quarantined` does."""
    chosen = list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
    store = lake_store()
    for topic in chosen:
        counts: Counter[str] = Counter()
        for file in (*list_bronze(topic), *list_repaired(topic)):
            counts.update(file.rejected)
        for reason, records in counts.most_common():
            if records and (found := _newest(store, topic, reason)):
                key, sample = found
                yield Summary(topic, reason, records, store.path(key), sample.offset, sample.value)


def _newest(store: Store, topic: str, reason: str) -> tuple[str, Rejected] | None:
    newest = None
    for partition in partitions(store, topic):
        for key, records in still_quarantined(store, topic, partition, reason, newest_first=True):
            if newest is None or records[-1].append_time > newest[1].append_time:
                newest = key, records[-1]
            break
    return newest
