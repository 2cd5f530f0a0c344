"""The scene: the stack, the workers and the disk together, with what goes on beside the next disturbance."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from chaos.care import Archive
from chaos.crew import Crew, Worker
from chaos.disk import Disk
from chaos.events import Events
from chaos.reach import reached
from infra.local.temporary import TemporaryStack

_TICK_SECONDS = 0.05
_LOOK_SECONDS = 0.25  # between two looks at the lake
_GO_ON_SECONDS = 8.0  # with a killed member the group waits 6 s before it shares out anew
_STALLED_SECONDS = 60.0
_AT_A_FAILPOINT_SECONDS = 40.0


@dataclass
class Scene:
    """Everything that a disturbance may touch."""

    topic: str
    stack: TemporaryStack
    crew: Crew
    disk: Disk
    events: Events
    rng: Random
    archive: Archive
    registry_is_away: bool = False  # no worker can start then
    _armed: dict[str, tuple[Worker, float]] = field(default_factory=dict)  # by failpoint; and the time they have
    _later: list[tuple[float, Callable[[], None]]] = field(default_factory=list)
    _reached: dict[int, int] = field(default_factory=dict)
    _moved: float = field(default_factory=time.monotonic)  # when the lake was last seen to grow
    _looked: float = 0.0
    _blamed: bool = False

    def later(self, seconds: float, deed: Callable[[], None]) -> None:
        """Do something after a while, whatever else is done by then."""
        self._later.append((time.monotonic() + seconds, deed))

    def arm(self, place: str) -> None:
        """Start a worker that kills itself at a failpoint; one that does not come there is killed from outside."""
        self.wait_for_registry()
        self._armed[place] = (self.crew.join(place), time.monotonic() + _AT_A_FAILPOINT_SECONDS)

    def wait_for_armed(self, left: int = 0) -> None:
        """Wait until no more than so many armed workers live."""
        while len(self._armed) > left:
            self.tick()

    def tick(self) -> None:
        """Let a moment pass: workers are tended, what is due is done, the lake is looked at."""
        time.sleep(_TICK_SECONDS)
        self.crew.tend()
        now = time.monotonic()
        for place, (worker, deadline) in list(self._armed.items()):
            self._look_at(place, worker, deadline, now)
        while due := next((entry for entry in self._later if entry[0] <= now), None):
            self._later.remove(due)  # first, for what is done may let time pass by itself
            due[1]()
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
        self.wait_for_armed()
        while self._later:
            self.tick()
        for worker in self.crew.workers:
            if worker.asleep:
                self.crew.wake(worker)

    def _look_at(self, place: str, worker: Worker, deadline: float, now: float) -> None:
        status = worker.process.returncode
        if status is None and now > deadline:
            self.events.note(f"{worker.name} never came to {place}", count="failpoints not reached")
            self.crew.kill(worker)
        elif status is None or (status != -signal.SIGKILL and self.registry_is_away):
            return
        del self._armed[place]
        if status is not None and status != -signal.SIGKILL:  # Kafka or the registry was away when it started
            self.arm(place)

    def _look(self) -> None:
        found = reached(self.topic)
        if found != self._reached:
            self._reached, self._moved, self._blamed = found, time.monotonic(), False
        elif not self._later and not self._blamed and time.monotonic() - self._moved > _STALLED_SECONDS:
            self._blamed = True
            self.events.blame(f"nothing was published for {_STALLED_SECONDS:.0f} s, with all that is needed at hand")
