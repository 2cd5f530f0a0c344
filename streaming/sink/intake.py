"""What the client read, as columns by partition: at a million records a second each call into Python counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, Message

from millwright.errors import MillwrightError
from streaming.sink.position import Partition

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
_OVERHEAD_BYTES = 24  # offset, append time, bounds of key and value


@dataclass(frozen=True)
class Run:
    """Records of one partition, side by side, in order of offset."""

    offsets: Ints
    append_times: Ints  # ms since 1970, the broker's clock
    keys: pa.BinaryArray
    values: pa.BinaryArray

    @classmethod
    def of(cls, offsets: Ints, append_times: Ints, keys: Sequence[bytes | None], values: Sequence[bytes | None]) -> Run:
        """A run of these columns."""
        return cls(offsets, append_times, pa.array(keys, pa.binary()), pa.array(values, pa.binary()))

    @classmethod
    def joined(cls, runs: Sequence[Run]) -> Run:
        """One run of runs that follow one another, at least one."""
        if len(runs) == 1:
            return runs[0]
        return cls(
            np.concatenate([run.offsets for run in runs]),
            np.concatenate([run.append_times for run in runs]),
            pa.concat_arrays([run.keys for run in runs]),
            pa.concat_arrays([run.values for run in runs]),
        )

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return int(self.keys.nbytes + self.values.nbytes) + _OVERHEAD_BYTES * len(self)

    def __len__(self) -> int:
        return len(self.offsets)

    def since(self, offset: int) -> Run:
        """Those at or after an offset, which the earlier ones come before."""
        at = int(np.searchsorted(self.offsets, offset))
        return Run(self.offsets[at:], self.append_times[at:], self.keys[at:], self.values[at:]) if at else self


@dataclass(frozen=True)
class Told:
    """What the client tells of a partition, or of the broker, instead of a record."""

    error: KafkaError
    partition: Partition
    offset: int


@dataclass(frozen=True)
class Intake:
    """What was read in one go: records by partition in runs as they came, and what the client told."""

    runs: list[tuple[Partition, Run]] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def taken(messages: Sequence[Message]) -> Intake:
    """The intake that messages are. Raises MillwrightError where a producer's clock stamped them."""
    told = [
        Told(error, (str(message.topic()), int(message.partition() or 0)), int(message.offset() or 0))
        for message in messages
        if (error := message.error()) is not None
    ]
    records = [message for message in messages if message.error() is None] if told else messages
    if not records:
        return Intake([], told)
    clocks, stamps = zip(*(message.timestamp() for message in records), strict=True)
    topics = [str(message.topic()) for message in records]
    require_the_brokers_clock(set(clocks), topics[0])
    numbers = np.array([message.partition() for message in records], np.int64)
    offsets, times = np.array([message.offset() for message in records], np.int64), np.array(stamps, np.int64)
    keys, values = [message.key() for message in records], [message.value() for message in records]
    codes = {name: code for code, name in enumerate(dict.fromkeys(topics))}
    found = [
        ((topics[a], int(numbers[a])), Run.of(offsets[a:b], times[a:b], keys[a:b], values[a:b]))
        for a, b in bounds(np.array([codes[topic] for topic in topics]), numbers)
    ]
    return Intake(found, told)


def require_the_brokers_clock(clocks: set[int], topic: str) -> None:
    """Raises MillwrightError naming the topic where a time stamp is not the broker's."""
    if clocks != {TIMESTAMP_LOG_APPEND_TIME}:
        raise MillwrightError(
            f"The topic {topic}, or one read with it, takes its time stamps from the producer's clock.",
            "Set message.timestamp.type=LogAppendTime on it.",
        )


def bounds(topics: Ints, numbers: Ints) -> Iterator[tuple[int, int]]:
    """Where each run of one topic and one partition begins and ends."""
    changed = (np.diff(numbers) != 0) | (np.diff(topics) != 0)
    yield from pairwise([0, *(np.flatnonzero(changed) + 1).tolist(), len(numbers)])
