"""Wear: a component's age in hours of full load, as a share of the life it was drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

LIFE_HOURS = 1200.0  # scale of the Weibull distribution of lives, in hours of full load: 70-110 days by shifts
LIFE_SHAPE = 5.0
SUDDEN = 0.04  # share of lives that end early, without a sign


def symptom(wear: Floats) -> Floats:
    """How much of its effect a worn component shows, from 0 to 1: little for long, 0.2 at 80 % of its life."""
    return np.clip(wear, 0.0, 1.0) ** 7


@dataclass
class Component:
    """A component's lives so far: from which minute, at which load of the machine, how long, how long in fact."""

    name: str
    since: list[int] = field(default_factory=list)
    load: list[float] = field(default_factory=list)
    life: list[float] = field(default_factory=list)
    ends_at: float = 0.0  # load of the machine at which the present life ends
    sudden: bool = False

    def renew(self, rng: np.random.Generator, minute: int, load: float) -> None:
        """Begin a new life at a minute; `load` is the machine's load up to it, in hours."""
        life = LIFE_HOURS * float(rng.weibull(LIFE_SHAPE))
        used, early, part = rng.random(3)
        self.sudden = bool(early < SUDDEN)
        lasts = life * (0.4 + 0.4 * float(part) if self.sudden else 1.0)
        if not self.since:
            load -= 0.9 * lasts * float(used)  # a machine does not come new into the history
        self.ends_at = load + lasts
        self.since.append(minute)
        self.load.append(load)
        self.life.append(life)

    def wear(self, minutes: Ints, load: Floats) -> Floats:
        """Wear at minutes at which the machine has had this load; 0 is new, 1 is worn out."""
        at = np.searchsorted(self.since, minutes, side="right") - 1
        return np.asarray((load - np.take(self.load, at)) / np.take(self.life, at))
