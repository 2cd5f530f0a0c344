"""Proof of a partition's chain: every offset in one file or a recorded gap, and every file what its header says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from millwright.errors import MillwrightError
from millwright.lake.chain import PUT_BACK, header_of, read_genesis, read_links
from millwright.lake.layout import partition_folder
from millwright.store import Store
from streaming.lake_care.damage import Damage, of_content, of_header
from streaming.lake_care.repair_damage import of_repairs

_LISTINGS = 5


@dataclass
class Verified:
    """What was found in one partition. accepted + quarantined = consumed, gaps and expired records apart."""

    topic: str
    partition: int
    first_offset: int | None = None
    next_offset: int | None = None
    files: int = 0
    proven: int = 0  # files whose content was read too, not the header alone
    accepted: int = 0
    quarantined: int = 0
    gaps: list[tuple[int, int, str]] = field(default_factory=list)  # from, up to, why
    repaired: int = 0  # of the quarantined: mended since, and accepted
    expired: int = 0  # records that retention has dropped
    damages: list[Damage] = field(default_factory=list)


class _Moved(Exception):
    """A file is gone that compaction or retention has replaced since it was listed."""


def verify_partition(
    store: Store, topic: str, partition: int, since_ms: int | None = None, progress: Callable[[int], None] | None = None
) -> Verified:
    """Prove a partition's chain; damages are told, not raised.

    Links and headers are held against each other for the whole chain, content and quarantine objects for files with
    records appended at `since_ms` (ms since 1970; None: all) or later. `progress` is told the files done with.
    """
    for _ in range(_LISTINGS):
        try:
            return _verified(store, topic, partition, since_ms, progress or (lambda files: None))
        except _Moved:
            continue
    return _verified(store, topic, partition, since_ms, progress or (lambda files: None), settled=True)


def _verified(
    store: Store,
    topic: str,
    partition: int,
    since_ms: int | None,
    progress: Callable[[int], None],
    settled: bool = False,
) -> Verified:
    found, folder = Verified(topic, partition), partition_folder(topic, partition)
    genesis = read_genesis(store, topic, partition)
    try:
        chain = read_links(store, topic, partition)
    except MillwrightError as error:
        found.damages.append(Damage(folder, error.message, error.remedy))
        return found
    if genesis is None:
        found.damages.append(Damage(f"{folder}/genesis.json", "it is missing", PUT_BACK))
    floor, found.expired = chain.manifest.floor, sum(chain.manifest.expired.values())
    at = floor if floor is not None else genesis.first_offset if genesis is not None else None
    found.first_offset = at
    for link in chain.links:
        try:
            header = header_of(store, link)
        except MillwrightError as error:
            if not settled and link not in read_links(store, topic, partition).links:
                raise _Moved from error
            found.damages.append(Damage(link.key, error.message, error.remedy))
            at = None
            continue
        if at is not None and link.start != at:
            kind = "are missing" if link.start > at else "lie in two files"
            low, high = sorted((at, link.start))
            found.damages.append(Damage(link.key, f"the offsets {low} to {high - 1} before it {kind}", PUT_BACK))
        damages = list(of_header(link, header, topic, partition))
        if not damages and (since_ms is None or (header.append_max or 0) >= since_ms):
            damages += of_content(store, link, header)
            if damages and not settled and link not in read_links(store, topic, partition).links:
                raise _Moved
            found.proven += 1
        found.damages += damages
        found.files += header.gap is None
        found.accepted += header.accepted
        found.quarantined += sum(header.rejected.values())
        if header.gap is not None:
            found.gaps.append((header.first_offset, header.next_offset, header.gap))
        at = found.next_offset = header.next_offset
        progress(1)
    found.repaired, damages = of_repairs(store, topic, partition)
    found.damages += damages
    return found
