"""The traffic: records that are all different, some of them broken, and a ledger of what the broker acknowledged."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from random import Random
from typing import Any

from chaos.rubbish import KINDS, Message, message
from millwright.contracts import contract
from millwright.publisher import Publisher
from millwright.registry import Registry

STREAM = "equipment-sensors"
_MACHINES = 40
_BROKEN_SHARE = 0.03
_BATCHES_PER_SECOND = 8


class Traffic(threading.Thread):
    """Sends readings until `finish`. `ledger` counts the acknowledged ones by key and value; `reasons` tells for each
    why it has to be rejected (None: it is sound). `failure` is what ended it before its time.
    """

    def __init__(self, seed: int, per_second: int) -> None:
        super().__init__(name="traffic", daemon=True)
        self.ledger: Counter[Message] = Counter()
        self.reasons: dict[Message, str | None] = {}
        self.failure: Exception | None = None
        self._rng = Random(seed)
        self._batch = max(1, per_second // _BATCHES_PER_SECOND)
        self._number = 0
        self._asked_to_end = threading.Event()

    @property
    def acknowledged(self) -> int:
        """Records that the broker has for certain, by now."""
        return self.ledger.total()

    def finish(self) -> None:
        """Send no more, and wait until all that was sent is acknowledged. Raises what ended it before its time."""
        self._asked_to_end.set()
        self.join()
        if self.failure is not None:
            raise self.failure

    def run(self) -> None:
        spec = contract(STREAM)
        try:
            schema_id = Registry().register(spec)
            with Publisher() as publisher:
                while not self._asked_to_end.is_set():
                    begun = time.monotonic()
                    self._send(publisher, schema_id)
                    self._asked_to_end.wait(max(0.0, begun + 1 / _BATCHES_PER_SECOND - time.monotonic()))
        except Exception as error:  # noqa: BLE001 - raised by `finish`, in the thread that runs the whole
            self.failure = error

    def _send(self, publisher: Publisher, schema_id: int) -> None:
        """One batch, acknowledged when this returns: sound readings with broken ones among them."""
        spec, batch = contract(STREAM), list[Message]()
        sound: list[dict[str, Any]] = []
        for _ in range(self._rng.randint(1, 2 * self._batch)):
            row = self._row()
            if self._rng.random() >= _BROKEN_SHARE:
                sound.append(row)
                continue
            publisher.send(STREAM, sound)
            batch += [self._noted(message(spec, each, schema_id), None) for each in sound]
            reason, breaks = KINDS[self._rng.choice(list(KINDS))]
            key, value = self._noted(breaks(spec, row, schema_id, self._rng), reason)
            publisher.send_raw(spec.topic, key, value)
            batch.append((key, value))
            sound = []
        publisher.send(STREAM, sound)
        batch += [self._noted(message(spec, each, schema_id), None) for each in sound]
        publisher.flush()
        self.ledger.update(batch)

    def _noted(self, sent: Message, reason: str | None) -> Message:
        self.reasons[sent] = reason
        return sent

    def _row(self) -> dict[str, Any]:
        """A reading that is told from all others by its number: rotation holds the low digits, current the high."""
        self._number += 1
        high, low = divmod(self._number, 100_000)
        return {
            "equipment_id": f"m{self._number % _MACHINES}",
            "event_time": datetime.now(UTC),
            "rotation": float(low),
            "current": float(high),
            "temperature": self._rng.choice([None, self._rng.uniform(-60.0, 1000.0)]),
        }
