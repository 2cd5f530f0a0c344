"""What became of the records: counted from bronze's headers, and nowhere else, so that it cannot disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from millwright.contracts import contracts
from millwright.lake import BronzeFile, list_bronze, list_repaired, partitions, read_manifest
from millwright.store import lake_store


def outcomes(topics: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """Topic → accepted, quarantined (by reason), consumed, repaired, files, expired.

    accepted + quarantined = consumed. Counted are all records that were ever consumed: of `expired` of them retention
    has dropped the files, and `repaired` of the accepted lay in quarantine before.
    """
    return {topic: _counts(*_read(topic)) for topic in _chosen(topics)}


def _read(topic: str) -> tuple[list[BronzeFile], list[BronzeFile], Counter[str]]:
    """A topic's files, those of mended records, and what retention had dropped when they were listed, by outcome."""
    dropped = _dropped(topic)
    while True:
        files, mended = list_bronze(topic), list_repaired(topic)
        if (after := _dropped(topic)) == dropped:
            return files, mended, dropped
        dropped = after


def _dropped(topic: str) -> Counter[str]:
    store, found = lake_store(), Counter[str]()
    for partition in partitions(store, topic):
        found.update(read_manifest(store, topic, partition).expired)
    return found


def _counts(files: list[BronzeFile], mended: list[BronzeFile], dropped: Counter[str]) -> dict[str, Any]:
    rejected, expired = Counter(dropped), dropped.total()
    accepted = rejected.pop("accepted", 0)
    for file in (*files, *mended):
        accepted += file.accepted
        rejected.update(file.rejected)
    return {
        "accepted": accepted,
        "quarantined": {reason: records for reason, records in sorted(rejected.items()) if records},
        "consumed": accepted + rejected.total(),
        "repaired": sum(file.accepted for file in mended),
        "files": len(files),
        "expired": expired,
    }


def _chosen(topics: Iterable[str] | None) -> list[str]:
    return list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
