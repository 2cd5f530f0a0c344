"""The service behind `millwright alerts run`: readings and events in, alerts out, at least once and with the same ids.

Nothing is lost and nothing is counted twice, as streaming/session.py tells: an alert's id is made of machine, rule and
the event time of what raised it, and a reading or event that comes twice changes nothing.

An alert is out within milliseconds: whatever has come is judged at once, all partitions together, and the state is
written by another thread, when all that was sent before is acknowledged.
"""

from __future__ import annotations

import gc
import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby
from typing import Any

import numpy as np
from confluent_kafka import Message, TopicPartition

from millwright import metrics as exposition
from millwright.contracts import Contract, contracts
from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.publisher import Publisher
from millwright.registry import Registry
from millwright.settings import settings
from streaming.accepted import accepted
from streaming.alerts import events, metrics
from streaming.alerts.machine_types import MachineTypes
from streaming.alerts.rules import changed_at, read_rules
from streaming.alerts.share import Share, dump, load
from streaming.alerts.silence import overdue, raised_by_clock
from streaming.alerts.state import State
from streaming.alerts.watch import watch
from streaming.metrics import lag_of
from streaming.positions import Position, Positions
from streaming.session import Place, Session, persist
from streaming.sink.broker import look

log = logging.getLogger(__name__)

NAME = "alerts"
_ALERTS = "equipment-alerts"
_BATCH_RECORDS = 5_000
_WAIT_SECONDS = 0.1
# A batch costs some milliseconds however small it is, so it is given this long to gather after the one before: the
# longer when that one was large.
_PACE_SECONDS, _LARGE_PACE_SECONDS, _LARGE_RECORDS = 0.005, 0.02, 200
_CLOCK_SECONDS = 1.0  # how often silence is looked for, and types and rules are read anew
_PATIENT_SAVES = 5  # tries to save while alerts are on their way; then it is waited for them


def run(stopped: Callable[[], bool]) -> None:
    """Judge readings and events until `stopped`, waiting for a broker or registry that is away.

    Raises MillwrightError for reference data or saved state that cannot be read.
    """
    exposition.serve(settings().alerts_metrics_port)
    gc.collect()
    gc.freeze()  # what is loaded by now stays: a collection that goes through it takes tens of milliseconds
    persist(lambda: _session(stopped), stopped)


def positions() -> Positions[Share]:
    """Where the service keeps what it knows."""
    return Positions(settings().state_dir / NAME, Share, dump, load)


def watched() -> dict[str, Contract]:
    """The streams that the service follows, by topic."""
    return {c.topic: c for c in contracts().values() if c.channels or c.stream == events.STREAM}


def _session(stopped: Callable[[], bool]) -> None:
    registry = Registry()
    with MachineTypes(registry) as types, Publisher(linger_ms=0) as publisher:
        types.catch_up()
        session = _Watch(registry, types, publisher)
        try:
            with lag_of(session):
                session.run(session, stopped)
        finally:
            session.close()


class _Watch(Session[Share]):
    """One session: the states of all partitions of a topic are one, so that a batch is judged in one go."""

    def __init__(self, registry: Registry, types: MachineTypes, publisher: Publisher) -> None:
        super().__init__(NAME, watched(), positions(), batch_records=_BATCH_RECORDS, wait_seconds=_WAIT_SECONDS)
        self._registry, self._types, self._publisher = registry, types, publisher
        self._rules_of, self._rules = changed_at(), read_rules()
        self._states: dict[str, State | events.Events] = {}
        self._saver = ThreadPoolExecutor(1)
        self._saving: Future[None] | None = None
        self._tries = 0
        self._pace = _PACE_SECONDS
        self._ticked = self._judged = time.monotonic()
        self._heard_since = time.time_ns() // 1000
        log.info("Watching %s with %d rules.", ", ".join(self.streams), len(self._rules))

    def close(self) -> None:
        """Wait for what is being written."""
        self._saver.shutdown(wait=True)

    # What a session does with records.

    def next(self) -> list[Message]:
        """What has come; one message is waited for, then all that is there is taken."""
        if (early := self._judged + self._pace - time.monotonic()) > 0:
            time.sleep(early)
        messages = list(self.consumer.consume(1, _WAIT_SECONDS))
        self._judged = time.monotonic()
        if messages:
            messages += self.consumer.consume(_BATCH_RECORDS, 0)
        self._pace = _LARGE_PACE_SECONDS if len(messages) > _LARGE_RECORDS else _PACE_SECONDS
        return messages

    def judge(self, batch: dict[Place, list[Message]]) -> None:
        """Judge all partitions of a topic together."""
        for topic, places in groupby(sorted(batch), key=lambda place: place[0]):
            parts = [(partition, batch[topic, partition]) for _, partition in places]
            self._judge(self.streams[topic], parts)

    def take(self, contract: Contract, partition: int, state: Share, messages: list[Message]) -> None:
        """Not used: `judge` takes all partitions."""
        self._judge(contract, [(partition, messages)])

    def _judge(self, contract: Contract, parts: list[tuple[int, list[Message]]]) -> None:
        messages = [message for _, those in parts for message in those]
        found = accepted(contract, messages, self._registry, settings().future_tolerance_seconds)
        if not len(found.rows):
            return
        places = found.places.to_numpy()
        partition = np.repeat([number for number, _ in parts], [len(those) for _, those in parts])[places]
        self._types.ask(set(found.rows[contract.key].unique().to_pylist()))
        state = self._states[contract.topic]
        if isinstance(state, State):
            taken = np.array([messages[at].timestamp()[1] for at in places.tolist()], dtype=np.int64) * 1000
            alerts = watch(state, found.rows, self._rules, self._types.of, partition.astype(np.int64), taken)
        else:
            alerts = state.judge(found.rows, partition.tolist(), self._rules, self._types.of)
        if alerts:
            self._send(alerts)

    def _send(self, alerts: list[dict[str, Any]]) -> None:
        self._publisher.send(_ALERTS, alerts)
        metrics.sent(alerts)

    def rest(self, session: Session[Share]) -> None:
        """Look at the clock, and at rules and types that have changed."""
        self._publisher.outstanding()
        now = time.monotonic()
        if now - self._ticked < _CLOCK_SECONDS:
            return
        self._ticked = now
        self._types.follow()
        self._reread()
        for topic, state in self._states.items():
            if isinstance(state, State):
                self._look_for_silence(topic, state)

    def flush(self) -> None:
        """Wait until all alerts are acknowledged."""
        self._publisher.flush()

    def _reread(self) -> None:
        if (now := changed_at()) == self._rules_of:
            return
        self._rules_of = now
        try:
            self._rules = read_rules()
            log.info("The rules were read anew: %d.", len(self._rules))
        except MillwrightError as error:
            log.warning("%s The rules stay as they were.", error.message)

    def _look_for_silence(self, topic: str, state: State) -> None:
        """Raise silence of the partitions that have been read to their ends.

        The alerts are saved before they are sent: the next reading would end the alarm, and its raise would not come
        again if it had got lost.
        """
        ended = {
            p for (t, p), known in self.assigned.items() if t == topic and self.ends.get((t, p), -1) >= known.offset
        }
        late = overdue(state, self._rules, self._types.of, time.time_ns() // 1000, self._heard_since, ended).tolist()
        partition = {machine: int(state.partition[machine]) for machine in late}
        still = self._at_their_ends(topic, set(partition.values()))
        late = [machine for machine in late if partition[machine] in still]
        if not late:
            return
        shares = {number: self.assigned[topic, number].state for number in still}
        places = dict(zip(state.names, state.partition.tolist(), strict=False))
        alerts = raised_by_clock(state, self._rules, self._types.of, late)
        for alert in alerts:
            shares[places[alert["equipment_id"]]].outbox.append(alert)
        self._unsaved |= {(topic, number) for number in still}
        self.save()
        failpoint("alerts.before_clock")
        self._send(alerts)
        for number, share in shares.items():
            share.outbox = []
            self.changed((topic, number))

    def _at_their_ends(self, topic: str, partitions: set[int]) -> set[int]:
        """Those of which the broker says that there is no more: when it is away, no machine is silent."""
        found = look((topic, number) for number in partitions)
        return {number for (_, number), known in found.items() if self.ends[topic, number] >= known.high}

    # Saving.

    def save_soon(self) -> None:
        """Write what has changed by another thread, as soon as all alerts that were sent are acknowledged."""
        if self._saving is not None and not self._saving.done():
            return
        self._wait_for_saving()
        if not self._unsaved:
            return
        self._tries += 1
        if self._publisher.outstanding():
            if self._tries > _PATIENT_SAVES:
                self.save()
            return
        self._tries = 0
        failpoint(f"{self.name}.after_flush")
        frozen = {
            place: Position(known.topic_id, known.offset, known.state.frozen())
            for place in sorted(self._unsaved)
            if (known := self.assigned.get(place)) is not None
        }
        self._unsaved.clear()
        self._saving = self._saver.submit(self._write, frozen)
        self._tell({place: position.offset for place, position in frozen.items()})

    def save(self) -> None:
        """Save what has changed, and wait for it."""
        self._wait_for_saving()
        super().save()

    def _write(self, frozen: dict[Place, Position[Share]]) -> None:
        for place, position in frozen.items():
            self._positions.save(*place, position)
        failpoint(f"{self.name}.after_save")

    def _wait_for_saving(self) -> None:
        if self._saving is not None:
            saving, self._saving = self._saving, None
            try:
                saving.result()
            except OSError as error:
                raise Unavailable(f"What the alerts know cannot be saved: {error}.") from None

    # Partitions that come and go.

    def _on_assign(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        super()._on_assign(consumer, partitions)
        for place in partitions:
            state, share = self._state(place.topic), self.assigned[place.topic, place.partition].state
            if share.table is not None:
                state.take_up(share.table)
            share.table, share.whole, share.partition = None, state, place.partition
            if share.outbox:
                self._send(share.outbox)
                share.outbox = []
                self.changed((place.topic, place.partition))

    def _on_revoke(self, consumer: Any, partitions: list[TopicPartition]) -> None:
        super()._on_revoke(consumer, partitions)
        if not self.assigned:
            self._states.clear()
            return
        for place in partitions:
            self._states[place.topic] = self._state(place.topic).without(place.partition)
        for (topic, _), position in self.assigned.items():
            position.state.whole = self._states[topic]

    def _state(self, topic: str) -> State | events.Events:
        if topic not in self._states:
            channels = tuple(field.name for field in self.streams[topic].channels)
            self._states[topic] = State(channels) if channels else events.Events()
        return self._states[topic]
