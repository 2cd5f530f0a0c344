"""What became of the records: counted from bronze's headers, and nowhere else, so that it cannot disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.lake import BronzeFile, Quarantined, list_bronze, partitions, read_manifest
from millwright.store import lake_store
from streaming.sink import quarantine


@dataclass(frozen=True)
class Rejected:
    """Records of a topic that were rejected for one reason, and where to see one of them."""

    topic: str
    reason: str
    records: int
    file: str  # the newest quarantine object with such a record
    offset: int
    sample: bytes | None  # the value as it came


def outcomes(topics: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Topic → accepted, quarantined (by reason), consumed, files, expired. accepted + quarantined = consumed.

    Counted are all records that were ever consumed; of `expired` of them retention has dropped the files.
    """
    return {topic: _counts(*_read(topic)) for topic in _chosen(topics)}


def _read(topic: str) -> tuple[list[BronzeFile], Counter[str]]:
    """A topic's files, and what retention had dropped when they were listed, by outcome."""
    dropped = _dropped(topic)
    while True:
        files = list_bronze(topic)
        if (after := _dropped(topic)) == dropped:
            return files, dropped
        dropped = after


def _dropped(topic: str) -> Counter[str]:
    store, found = lake_store(), Counter[str]()
    for partition in partitions(store, topic):
        found.update(read_manifest(store, topic, partition).expired)
    return found


def _counts(files: list[BronzeFile], dropped: Counter[str]) -> dict[str, Any]:
    rejected, expired = Counter(dropped), dropped.total()
    accepted = rejected.pop("accepted", 0) + sum(file.accepted for file in files)
    for file in files:
        rejected.update(file.rejected)
    return {
        "accepted": accepted,
        "quarantined": dict(sorted(rejected.items())),
        "consumed": accepted + rejected.total(),
        "files": len(files),
        "expired": expired,
    }


def rejections(topics: Iterable[str] | None = None) -> Iterator[Rejected]:
    """What lies in quarantine, one entry per topic and reason. Raises MillwrightError when an object is missing."""
    for topic in _chosen(topics):
        counts: Counter[str] = Counter()
        newest: dict[str, Quarantined] = {}
        for each in (found for file in list_bronze(topic) for found in file.quarantined):
            counts.update(each.records)
            newest.update(dict.fromkeys(each.records, each))
        for reason, records in counts.most_common():
            sample = next(record for record in _records(newest[reason]) if record["reason"] == reason)
            name = lake_store().path(newest[reason].key)
            yield Rejected(topic, reason, records, name, sample["offset"], sample["value"])


def _records(named: Quarantined) -> Iterator[dict[str, Any]]:
    data = lake_store().read(named.key)
    if data is None:
        raise MillwrightError(f"The quarantine object {named.key} is gone.", "Put it back from a backup.")
    return quarantine.decode(data)


def _chosen(topics: Iterable[str] | None) -> list[str]:
    return list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
