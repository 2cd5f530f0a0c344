"""What can be wrong with mended records: each has to have lain in quarantine, and to be mended once."""

from __future__ import annotations

from collections import Counter

from millwright import bronze
from millwright.errors import MillwrightError
from millwright.lake.chain import PUT_BACK, read_headers
from millwright.lake.repaired import repairs
from millwright.store import Store
from streaming.lake_care.damage import Damage
from streaming.sink import quarantine


def of_repairs(store: Store, topic: str, partition: int) -> tuple[int, list[Damage]]:
    """How many records of a partition were mended, and what is wrong with them."""
    damages: list[Damage] = []
    try:
        found = repairs(store, topic, partition)
        if not found:
            return 0, []
        chain = read_headers(store, topic, partition)
    except MillwrightError as error:
        return 0, [Damage(f"{topic}/{partition}", error.message, error.remedy)]
    lowest = min(repair.header.first_offset for repair in found)
    reasons: dict[int, str] = {}
    for part in (part for _, header in chain.links for part in header.ranges):
        if part.quarantine is not None and part.next_offset > lowest and (data := store.read(part.quarantine)):
            reasons.update({record["offset"]: record["reason"] for record in quarantine.decode(data)})
    floor, seen = chain.manifest.floor or 0, set[int]()
    for repair in found:
        data = store.read(repair.key)
        try:
            bronze.verify(data or b"", repair.key)
        except MillwrightError as error:
            damages.append(Damage(repair.key, error.message, error.remedy))
            continue
        offsets = [offset for batch in bronze.batches(data or b"") for offset in batch["_offset"].to_pylist()]
        if seen & set(offsets):
            damages.append(Damage(repair.key, "it holds records that were mended before", PUT_BACK))
        seen.update(offsets)
        if any(offset not in reasons for offset in offsets if offset >= floor):
            damages.append(Damage(repair.key, "it holds records that never lay in quarantine", PUT_BACK))
        elif min(offsets) >= floor and Counter(reasons[o] for o in offsets) != Counter(repair.header.repaired):
            damages.append(Damage(repair.key, "it counts other reasons than its records were rejected for", PUT_BACK))
    return sum(repair.header.accepted for repair in found), damages
