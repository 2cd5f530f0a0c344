"""The scene: the stack, the workers and the disk together, with what goes on beside the next disturbance."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from chaos.crew import Crew
from chaos.disk import Disk
from chaos.events import Events
from chaos.reach import reached
from infra.local.temporary import TemporaryStack

_TICK_SECONDS = 0.05
_LOOK_SECONDS = 0.25  # between two looks at the lake
_GO_ON_SECONDS = 8.0  # with a killed member the group waits 6 s before it shares out anew
_STALLED_SECONDS = 60.0


@dataclass
class Scene:
    """Everything that a disturbance may touch."""

    topic: str
    stack: TemporaryStack
    crew: Crew
    disk: Disk
    events: Events
    rng: Random
    registry_is_away: bool = False  # no worker can start then
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _reached: dict[int, int] = field(default_factory=dict)
    _moved: float = field(default_factory=time.monotonic)  # when the lake was last seen to grow
    _looked: float = 0.0
    _blamed: bool = False

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something after a while, whatever else is done by then."""
        self._later.append((time.monotonic() + seconds, deed))

    def tick(self) -> None:
        """Let a moment pass: workers are tended, what is due is done, the lake is looked at."""
        time.sleep(_TICK_SECONDS)
        self.crew.tend()
        now = time.monotonic()
        for entry in [entry for entry in self._later if entry[0] <= now]:
            self._later.remove(entry)
            entry[1]()
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._look()

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Let time pass until a condition holds; whether it does."""
        deadline = time.monotonic() + seconds
        while not until():
            if time.monotonic() > deadline:
                return False
            self.tick()
        return True

    def go_on(self, seconds: float = _GO_ON_SECONDS) -> bool:
        """Wait until the lake has grown; whether it has."""
        begun = time.monotonic()
        return self.wait(seconds, lambda: self._moved > begun)

    def has_grown_since(self, moment: float) -> bool:
        """Whether a publication was seen after this monotonic time."""
        return self._moved > moment

    def excuse(self) -> None:
        """The sink could not go on until now: its patience begins anew."""
        self._moved = max(self._moved, time.monotonic() - _STALLED_SECONDS / 2)

    def wait_for_registry(self) -> None:
        """Wait until the registry is back, if it is away."""
        while self.registry_is_away:
            self.tick()

    def calm(self) -> None:
        """End all that goes on."""
        while self._later:
            self.tick()
        for worker in self.crew.workers:
            if worker.asleep:
                self.crew.wake(worker)

    def _look(self) -> None:
        found = reached(self.topic)
        if found != self._reached:
            self._reached, self._moved, self._blamed = found, time.monotonic(), False
        elif not self._later and not self._blamed and time.monotonic() - self._moved > _STALLED_SECONDS:
            self._blamed = True
            self.events.blame(f"nothing was published for {_STALLED_SECONDS:.0f} s, with all that is needed at hand")
