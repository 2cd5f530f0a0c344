"""The service behind `millwright analytics run`: readings in, minutes out, exactly once in effect (see the session)."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from confluent_kafka import KafkaException, Message, TopicPartition

from millwright import metrics as exposition
from millwright.contracts import Contract, contracts
from millwright.publisher import Publisher
from millwright.registry import Registry
from millwright.settings import settings
from streaming.accepted import accepted
from streaming.analytics import metrics, minutes
from streaming.analytics.rules import Rules
from streaming.analytics.state import State, dump, load
from streaming.positions import Positions
from streaming.session import Session, persist

NAME = "analytics"
GROUP = f"millwright-{NAME}"
MINUTES = "equipment-minutes"
_SAVE_SECONDS = 5.0  # what a crash makes the service judge again; a state may be some tens of megabytes
_REST_SECONDS = 1.0
# How far the broker's clock may lag behind ours. Beyond that a minute may be told once more than a replay would.
_CLOCK_SECONDS = 5.0
_LOOK_SECONDS = 5.0


def run(stopped: Callable[[], bool]) -> None:
    """Tell minutes until `stopped`, waiting for a broker or registry that is away.

    Raises MillwrightError for settings that contradict each other, or a saved state that cannot be read.
    """
    streams = {contract.topic: contract for contract in contracts().values() if contract.channels}
    rules = Rules.of(settings())
    exposition.serve(settings().analytics_metrics_port)

    def session() -> None:
        with Publisher() as publisher:
            positions = Positions(settings().state_dir / NAME, State, dump, load)
            following = Session(NAME, streams, positions, save_seconds=_SAVE_SECONDS)
            with metrics.watched(following):
                following.run(_Minutes(publisher, rules), stopped)

    persist(session, stopped)


class _Minutes:
    """What is done with readings; the state is the core's."""

    def __init__(self, publisher: Publisher, rules: Rules) -> None:
        self._publisher, self._rules = publisher, rules
        self._registry = Registry()
        self._rested = time.monotonic()

    def take(self, contract: Contract, partition: int, state: State, messages: list[Message]) -> None:
        found = accepted(contract, messages, self._registry, settings().future_tolerance_seconds)
        clock = np.maximum.accumulate(np.array([message.timestamp()[1] for message in messages], np.int64))
        at = found.places.to_numpy()
        self._send(contract, minutes.take(state, contract, self._rules, found.rows, clock[at], int(clock[-1])))

    def rest(self, session: Session[State]) -> None:
        """Tell the last minutes of what has fallen silent. Only our clock says so when a partition gets nothing more.

        It may say so once the broker has said, after we looked at our clock, that there is nothing more: then whatever
        comes is of a later moment, and would end these minutes in the same way.
        """
        if time.monotonic() - self._rested < _REST_SECONDS:
            return
        self._rested = time.monotonic()
        for place, position in session.assigned.items():
            now = round((time.time() - _CLOCK_SECONDS) * 1000)
            state, end = position.state, session.ends.get(place)
            if end is None or end < position.offset or not minutes.due(state, self._rules, now):
                continue
            try:
                _, high = session.consumer.get_watermark_offsets(TopicPartition(*place), _LOOK_SECONDS)
            except KafkaException:  # the broker is away: who knows what it has
                return
            if high == end:
                contract = session.streams[place[0]]
                self._send(contract, minutes.rest(state, contract, self._rules, now))
                session.changed(place)

    def flush(self) -> None:
        self._publisher.flush()

    def _send(self, contract: Contract, told: minutes.Told) -> None:
        rows = told.table
        if rows is not None and len(rows):
            self._publisher.send(MINUTES, rows)
        metrics.told(contract.topic, told)
