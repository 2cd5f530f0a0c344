"""The fuzz: batches of sound and mutated messages through the judgement, each message held against the oracle."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from chaos.fuzz.judged import TOLERANCE_SECONDS, judged
from chaos.fuzz.mutate import Message, mutated
from chaos.fuzz.oracle import as_newest, values_of, verdict
from chaos.fuzz.seeds import NOW_MS, Stream, streams
from millwright.wire import HEADER_BYTES

_SIZES = (1, 2, 7, 31, 33, 200, 1000, 4000)
_UNREADABLE = ("undecodable", "trailing_bytes")
_KEPT_FAULTS = 100


@dataclass
class Found:
    """What came of a fuzz. `given` counts mutated messages only; their sound neighbours are `sound`."""

    given: int = 0
    sound: int = 0
    accepted: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    faulty: int = 0

    def as_dict(self) -> dict[str, int | dict[str, int]]:
        """The counts. messages = accepted + rejected, where nothing is at fault."""
        rejected = dict(self.rejected.most_common())
        counts = {"messages": self.given, "accepted": self.accepted, "rejected": self.rejected.total()}
        return {**counts, "by_reason": rejected, "sound_neighbours": self.sound, "faults": self.faulty}

    def blame(self, what: str, stream: Stream, message: Message) -> None:
        """Keep a fault with all that is needed to see it again."""
        self.faulty += 1
        if len(self.faults) < _KEPT_FAULTS:
            key, value = message
            shown = f"key {key!r}, value {value.hex() if value is not None else None}"
            self.faults.append(f"{stream.contract.stream}: {what}: {shown}")


def fuzz(messages: int, seed: int, tell: Callable[[int], None] = lambda done: None) -> Found:
    """Judge at least so many mutated messages, amid as many sound ones. The same seed gives the same messages."""
    rng, found = Random(seed), Found()
    every = streams(seed)
    while found.given < messages:
        stream, size = rng.choice(every), rng.choice(_SIZES)
        share = rng.choice((0.01, 0.5, 0.5, 0.9))
        batch = [_drawn(stream, share, rng) for _ in range(size)]
        _hold(batch, stream, found)
        tell(found.given)
    return found


def _drawn(stream: Stream, share: float, rng: Random) -> tuple[bool, Message]:
    if rng.random() < share:
        return False, mutated(stream, rng)
    _, key, value = rng.choice(stream.pool)
    return True, (key, value)


def _hold(batch: list[tuple[bool, Message]], stream: Stream, found: Found) -> None:
    """Judge a batch, and hold each message against the second opinion."""
    try:
        accepted, rejected = judged([message for _, message in batch], stream, NOW_MS)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
        for is_sound, message in batch:
            if not is_sound:
                found.given += 1
                found.blame(f"the judgement broke down on a batch with {error!r}", stream, message)
        return
    for index, (is_sound, message) in enumerate(batch):
        reason, body = rejected.get(index), accepted.get(index)
        found.sound, found.given = found.sound + is_sound, found.given + (not is_sound)
        if (reason is None) == (body is None):
            found.blame("neither accepted nor rejected, or both", stream, message)
        elif body is not None:
            found.accepted += not is_sound
            _hold_accepted(message, body, stream, found)
        elif is_sound:
            found.blame(f"a sound neighbour was rejected ({reason})", stream, message)
        else:
            assert reason is not None
            found.rejected[reason] += 1
            _hold_rejected(message, reason, stream, found)


def _hold_accepted(message: Message, body: bytes, stream: Stream, found: Found) -> None:
    value = message[1] or b""
    schema_id = int.from_bytes(value[1:HEADER_BYTES], "big")
    if reason := verdict(message, stream, NOW_MS, TOLERANCE_SECONDS):
        found.blame(f"accepted, though {reason}", stream, message)
        return
    if schema_id == stream.newest_id and body == value[HEADER_BYTES:]:
        return
    sent = values_of(value[HEADER_BYTES:], stream.known[schema_id].avro_json)
    landed = values_of(body, stream.known[stream.newest_id].avro_json)
    if sent is None or repr(landed) != repr(as_newest(sent, stream.contract)):
        found.blame(f"accepted with other values: {landed}", stream, message)


def _hold_rejected(message: Message, reason: str, stream: Stream, found: Found) -> None:
    expected = verdict(message, stream, NOW_MS, TOLERANCE_SECONDS)
    if expected == "not_a_record" and reason in _UNREADABLE:
        return
    if expected != reason:
        found.blame(f"rejected as {reason}, it had to be {expected or 'accepted'}", stream, message)
