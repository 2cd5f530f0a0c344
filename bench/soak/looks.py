"""What is seen of a stack from outside, look after look: who answers, memory, lag, disk."""

from __future__ import annotations

import contextlib
import os
import statistics
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.local.status import State, status
from infra.local.streams import Streams
from millwright.errors import MillwrightError
from millwright.settings import Settings

_EVERY_SECONDS = 5.0


@dataclass(frozen=True)
class Look:
    """One look. `lag`: records that Kafka has and the lake has not; None when it could not be told. `disk`: bytes by
    the state folder's own folders."""

    at: float  # seconds since 1970
    states: tuple[State, ...]
    lag: int | None
    disk: dict[str, int]


class Looks:
    """Looks every five seconds, in a thread, until it is left."""

    def __init__(self, config: Settings, topic: str) -> None:
        self._config, self._topic, self._streams = config, topic, Streams(config)
        self.taken: list[Look] = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Looks:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        due = time.monotonic()
        while not self._ended.wait(max(0.0, due - time.monotonic())):
            due = max(due, time.monotonic() - _EVERY_SECONDS) + _EVERY_SECONDS
            lag = None
            with contextlib.suppress(MillwrightError):
                lag = next((flow.lag for flow in self._streams.look() if flow.topic == self._topic), None)
            self.taken.append(Look(time.time(), tuple(status(self._config)), lag, used(self._config.state_dir)))


def used(folder: Path) -> dict[str, int]:
    """Bytes on disk of each folder in it."""
    return {each.name: sum(_sizes(each)) for each in folder.iterdir() if each.is_dir()}


def _sizes(folder: Path) -> Iterator[int]:
    for root, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # removed meanwhile
                yield os.stat(os.path.join(root, name), follow_symlinks=False).st_blocks * 512


def availability(looks: Iterable[Look]) -> dict[str, float]:
    """Part → the share of the looks at which it answered."""
    answered: dict[str, list[bool]] = defaultdict(list)
    for look in looks:
        for state in look.states:
            answered[state.part].append(state.state == "running")
    return {part: sum(each) / len(each) for part, each in answered.items()}


def memory(looks: Iterable[Look]) -> dict[str, float]:
    """Part → the median of what it held, in MiB."""
    held: dict[str, list[int]] = defaultdict(list)
    for look in looks:
        for state in look.states:
            if state.memory_mb is not None:
                held[state.part].append(state.memory_mb)
    return {part: statistics.median(each) for part, each in held.items()}


def thirds(looks: list[Look]) -> list[list[Look]]:
    """The looks of the first, the second and the last third of the time."""
    size = max(1, len(looks) // 3)
    return [looks[:size], looks[size : 2 * size], looks[2 * size :]]
