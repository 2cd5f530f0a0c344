"""Landing once: everything that was sent before the call is in the lake when it returns."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from typing import Any

from millwright.contracts import contracts
from millwright.errors import Unavailable
from millwright.lake import list_bronze
from millwright.settings import settings
from millwright.store import lake_store
from streaming.sink.broker import group_is_live, look, partitions_of
from streaming.sink.position import Partition, place, read_chain
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker

log = logging.getLogger(__name__)

# A service publishes within its age of rolling; one that has not moved for this much longer is stuck or gone.
_GRACE_SECONDS = 10.0


def land(topics: Iterable[str] | None = None, timeout: float = 900.0) -> dict[str, dict[str, Any]]:
    """Make sure that all records sent to these topics (all: None) before the call are in bronze or quarantine.

    Where the sink runs as a service, waits for it; where none does, or it makes no progress, does its work. Returns
    what landed during the call: topic → records, accepted, rejected, files, and next_offsets by partition.
    Raises Unavailable when that takes more than `timeout` seconds, or the broker or the registry is away;
    MillwrightError when a topic is not the one that the lake's chain was begun with.
    """
    chosen = list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
    deadline = time.monotonic() + timeout
    begun = _ends(partitions_of(chosen))
    targets = {partition: kafka.high for partition, kafka in look(begun).items()}
    if missing := _missing(targets):
        waited = _wait_for_service(missing, deadline)
        if not waited:
            _do_it(chosen, _missing(targets), deadline)
    return {topic: _landed(topic, begun) for topic in chosen}


def _ends(partitions: Iterable[Partition]) -> dict[Partition, int | None]:
    """Where each chain ends; None where it has not begun."""
    store = lake_store()
    return {partition: read_chain(store, partition).end for partition in partitions}


def _missing(targets: dict[Partition, int]) -> dict[Partition, int]:
    """The partitions whose chain does not reach its target. Raises as `place` does."""
    store = lake_store()
    chains = {partition: read_chain(store, partition) for partition in targets}
    logs = look(targets)
    return {p: target for p, target in targets.items() if place(p, chains[p], logs[p]) < target}


def _wait_for_service(targets: dict[Partition, int], deadline: float) -> bool:
    """Whether the service lands everything; False as soon as there is none, or it stands still."""
    patience = settings().sink_roll_seconds + _GRACE_SECONDS
    ends, moved = _ends(targets), time.monotonic()
    while group_is_live():
        now = time.monotonic()
        if now > deadline:
            raise _too_late(targets)
        if (latest := _ends(targets)) != ends:
            ends, moved = latest, now
        if all((ends[partition] or 0) >= target for partition, target in targets.items()):
            return True
        if now - moved > patience:
            log.warning("the sink service has published nothing for %.0f s; landing without it", patience)
            return False
        time.sleep(0.25)
    return False


def _do_it(topics: list[str], targets: dict[Partition, int], deadline: float) -> None:
    """Run the sink in this process until every chain reaches its target."""
    if not targets:
        return
    with Worker(Streams(topics)) as worker:
        worker.take(targets)
        left = dict(targets)
        while left:
            if time.monotonic() > deadline:
                raise _too_late(left)
            worker.step()
            for partition, target in list(left.items()):
                if worker.read_up_to(partition) >= target:
                    worker.publish(partition)
                if worker.position(partition) >= target:
                    worker.leave(partition)
                    del left[partition]


def _too_late(targets: dict[Partition, int]) -> Unavailable:
    topic, partition = next(iter(targets))
    return Unavailable(
        f"Not all records have landed in time: {len(targets)} partitions are behind, {topic}/{partition} among them.",
        "Look at `millwright logs sink`, then try again.",
    )


def _landed(topic: str, begun: dict[Partition, int | None]) -> dict[str, Any]:
    before = {number: end for (name, number), end in begun.items() if name == topic and end is not None}
    files = list_bronze(topic, before)
    return {
        "records": sum(file.accepted + sum(file.rejected.values()) for file in files),
        "accepted": sum(file.accepted for file in files),
        "rejected": sum(sum(file.rejected.values()) for file in files),
        "files": len(files),
        "next_offsets": before | {file.partition: file.next_offset for file in files},
    }
