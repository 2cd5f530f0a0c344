"""Retention: the floor of a chain is raised over what is older than a time, and what lies below it is removed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from millwright.errors import Unavailable
from millwright.failpoints import failpoint
from millwright.lake.chain import read_headers
from millwright.lake.manifest import commit_manifest
from millwright.lake.repaired import repairs
from millwright.store import Store

_ATTEMPTS = 5


@dataclass(frozen=True)
class Expiry:
    """What retention did to one partition, or to several."""

    files: int = 0
    records: int = 0  # accepted and quarantined
    unread: int = 0  # files that are old enough and stay, for silver has not read them

    def __add__(self, other: Expiry) -> Expiry:
        return Expiry(self.files + other.files, self.records + other.records, self.unread + other.unread)


def expire_partition(
    store: Store,
    topic: str,
    partition: int,
    before_ms: int,
    read_up_to: int | None = None,
    repaired_up_to: int | None = None,
) -> Expiry:
    """Drop the chain's files up to the first that holds a record appended at `before_ms` (ms since 1970) or later.

    Only what lies below the offset `read_up_to`, and mended records below the number `repaired_up_to`, when they are
    given. Whole files are dropped, and the last of a chain
    never is. What was dropped still has to be removed (`sweep`). Raises Unavailable when others keep committing first.
    """
    for _ in range(_ATTEMPTS):
        chain = read_headers(store, topic, partition)
        dropped, counts, floor, unread = 0, Counter[str](), None, 0
        for _, header in chain.links[:-1]:
            if header.append_max is not None and header.append_max >= before_ms:
                break
            if unread or (read_up_to is not None and header.next_offset > read_up_to):
                unread += 1
                continue
            dropped, floor = dropped + 1, header.next_offset
            counts.update({"accepted": header.accepted, **header.rejected})
        if floor is None:
            return Expiry(unread=unread)
        mended = chain.manifest.repaired_floor
        for repair in repairs(store, topic, partition):
            if repair.header.next_offset > floor or (repaired_up_to is not None and repair.number >= repaired_up_to):
                break
            mended = repair.number + 1
            counts.update({"accepted": repair.header.accepted})
            counts.subtract(repair.header.repaired or {})
        new = chain.manifest.with_floor(floor, counts, mended)
        failpoint("expire.before_commit")
        if commit_manifest(store, topic, partition, new, "expire_commit"):
            failpoint("expire.after_commit")
            return Expiry(dropped, counts.total(), unread)
    raise Unavailable(f"Others kept changing the chain of {topic}/{partition} meanwhile.", "Run it again.")
