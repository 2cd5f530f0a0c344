"""Where a measurement takes place: a broker and a registry of its own, and room for what is written."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from infra.local.temporary import TemporaryStack, stack_of_its_own
from millwright.errors import MillwrightError

_PLACE = "/tmp"  # where temporary stacks live


@contextmanager
def own_stack(*parts: str, disk_bytes: int = 0, **values: str) -> Iterator[TemporaryStack]:
    """A temporary stack with 6 partitions a topic; it is stopped and removed also on Ctrl-C and SIGTERM.

    `values` are settings. Raises MillwrightError when there is less than `disk_bytes` of room.
    """
    free = shutil.disk_usage(_PLACE).free
    if free < disk_bytes:
        raise MillwrightError(
            f"{_PLACE} has {free / 1e9:.1f} GB of room, and so many records need {disk_bytes / 1e9:.1f} GB.",
            "Ask for fewer with --records.",
        )
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        # As Kafka has it: workers that start together are given their partitions together.
        with stack_of_its_own("bench", *parts, topic_partitions="6", kafka_join_seconds="3", **values) as stack:
            yield stack
    finally:
        signal.signal(signal.SIGTERM, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
