"""What the process of every service does: it ends when it is asked to."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def asked_to_stop(interrupt_at_second: bool = False) -> Iterator[threading.Event]:
    """An event that SIGTERM and SIGINT set, so that what was begun is ended in order.

    With `interrupt_at_second`, who asks twice has waited enough: KeyboardInterrupt is raised.
    """
    stop = threading.Event()

    def asked(number: int, frame: FrameType | None) -> None:
        if interrupt_at_second and stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, asked) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
