"""Memory stays bounded, however many partitions there are, and however slow the disk is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, wait

from streaming.sink.lane import Lane
from streaming.sink.position import Partition

_MAX_BUFFERED_BYTES = 96 * 1024 * 1024


def relieve(lanes: Collection[Lane], publish: Callable[[Partition], None]) -> None:
    """Wait for what is being packed, where all that has been read takes too much.

    If that does not help, the fullest partitions are published before they are due.
    """
    while (total := sum(lane.size for lane in lanes)) > _MAX_BUFFERED_BYTES:
        if not (packing := [future for lane in lanes for future in lane.packing]):
            break
        wait(packing, return_when=FIRST_COMPLETED)
    if total <= _MAX_BUFFERED_BYTES:
        return
    for lane in sorted(lanes, key=lambda lane: -lane.size):
        if total > _MAX_BUFFERED_BYTES and lane.waiting is None:
            total -= lane.size
            publish(lane.partition)
    # Nothing more is read before one of them is done.
    wait([lane.busy for lane in lanes if lane.busy], timeout=10.0, return_when=FIRST_COMPLETED)
