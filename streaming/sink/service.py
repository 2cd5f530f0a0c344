"""The sink as a service: it lands what comes until it is told to stop, in one process or in several."""

from __future__ import annotations

import gc
import logging
import subprocess
import sys
import time
from collections.abc import Iterable

from millwright import metrics as exposition
from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.settings import settings
from streaming.as_service import asked_to_stop
from streaming.sink import metrics
from streaming.sink.broker import partitions_of
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker

log = logging.getLogger(__name__)

_RESTART_SECONDS = 1.0
_REFUSED = 1  # the exit status of a worker that said why it cannot go on


def serve(topics: Iterable[str] | None = None) -> None:
    """Land these topics (None: all) until SIGTERM or SIGINT; then publish what has been read, and return.

    Raises Unavailable when the broker or the registry is away at the start, and MillwrightError when a contract is
    older than the registry's newest or a topic is not the one that was landed before.
    """
    chosen = list(topics) if topics is not None else [contract.topic for contract in contracts().values()]
    with asked_to_stop() as stop:
        partitions = partitions_of(chosen)
        streams = Streams(chosen)
        metrics.begin(chosen)
        exposition.serve(settings().sink_metrics_port)
        gc.freeze()
        gc.disable()  # messages make no cycles, and looking for them among millions of objects costs time
        with Worker(streams) as worker:
            metrics.watch(worker.partitions_now)
            worker.join()
            log.info("the sink reads %d topics with %d partitions", len(chosen), len(partitions))
            while not stop.is_set():
                worker.step()
            worker.drain()
    log.info("the sink has published what it had read, and ends")


def serve_with(workers: int, topics: Iterable[str] | None = None) -> None:
    """Land with several processes that share the partitions; one that dies is started again.

    Raises MillwrightError when one of them cannot go on, in whose output the reason stands; the others end with it.
    """
    command = [sys.executable, "-P", "-m", "millwright", "sink", "run", "--workers", "1"]
    command += [part for topic in topics or () for part in ("--topic", topic)]
    with asked_to_stop() as stop:
        running = [subprocess.Popen(command) for _ in range(workers)]
        try:
            while not stop.is_set():
                time.sleep(0.1)
                for place, process in enumerate(running):
                    if (status := process.poll()) == _REFUSED:
                        raise MillwrightError("A worker of the sink cannot go on.", "Its own message stands above.")
                    if status is not None and not stop.is_set():
                        log.warning("worker %d has ended with status %d; it is started again", process.pid, status)
                        time.sleep(_RESTART_SECONDS)
                        running[place] = subprocess.Popen(command)
        finally:
            for process in running:
                process.terminate()
            for process in running:
                process.wait()
