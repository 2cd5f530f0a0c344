"""Where partitions go on, asked with patience: a broker may be away, or have just started and not know its topics."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from millwright.errors import MillwrightError, Unavailable
from millwright.lake import read_genesis
from millwright.store import Store
from millwright.topics import broker_unavailable
from streaming.sink.broker import look, partitions_of
from streaming.sink.position import Chain, Partition, place, resume

log = logging.getLogger(__name__)

# A partition's offset may have to be found while the broker is away; the group misses a silent member after 300 s.
_PATIENCE_SECONDS = 240.0
_PROPAGATION_SECONDS = 30.0
_AWAY_SECONDS = 10.0


class Places:
    """The lake's chains beside Kafka's logs. `verify` may be asked in any thread."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._broker_away_until = 0.0  # monotonic

    def resume(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset at which each goes on. Raises Unavailable after four minutes without a broker or the lake, and
        MillwrightError when a topic is gone, or is another than it was."""
        wanted, give_up, pause = list(partitions), time.monotonic() + _PATIENCE_SECONDS, 0.5
        while True:
            try:
                return resume(self._store, wanted, look)
            except Unavailable as error:
                if time.monotonic() > give_up:
                    raise
                log.warning("%s", error)
                time.sleep(pause)
                pause = min(pause * 2, 10.0)

    def verify(self, partition: Partition) -> None:
        """Look whether the topic is the one whose chain is lengthened. Raises as `resume` does, without patience."""
        if time.monotonic() < self._broker_away_until:  # the question costs ten seconds, for each partition
            raise broker_unavailable()
        try:
            kafka = look([partition])[partition]
        except Unavailable:
            self._broker_away_until = time.monotonic() + _AWAY_SECONDS
            raise
        place(partition, Chain(read_genesis(self._store, *partition), 0), kafka)

    def await_topic(self, topic: str) -> None:
        """Wait until Kafka knows a topic. Raises MillwrightError when it goes on not knowing: it has lost one."""
        give_up = time.monotonic() + _PROPAGATION_SECONDS
        while True:
            try:
                partitions_of([topic])
                return
            except MillwrightError as error:
                if time.monotonic() > give_up and not isinstance(error, Unavailable):
                    raise
                time.sleep(1.0)
