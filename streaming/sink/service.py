"""The sink as a service: it lands what comes until it is told to stop."""

from __future__ import annotations

import gc
import logging
import signal
from collections.abc import Iterable
from types import FrameType

from millwright.contracts import contracts
from streaming.sink.broker import partitions_of
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker

log = logging.getLogger(__name__)


def serve(topics: Iterable[str] | None = None) -> None:
    """Land these topics (None: all) until SIGTERM or SIGINT; then publish what has been read, and return.

    Raises Unavailable when the broker or the registry is away at the start, and MillwrightError when a contract is
    older than the registry's newest or a topic is not the one that was landed before.
    """
    stop: list[int] = []

    def ask_to_stop(number: int, frame: FrameType | None) -> None:
        stop.append(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, ask_to_stop)
    chosen = list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
    partitions = partitions_of(chosen)
    streams = Streams(chosen)
    gc.freeze()
    gc.disable()  # messages make no cycles, and looking for them among millions of objects costs time
    with Worker(streams) as worker:
        worker.join()
        log.info("the sink reads %d topics with %d partitions", len(chosen), len(partitions))
        while not stop:
            worker.step()
        worker.drain()
    log.info("the sink has published what it had read, and ends")
