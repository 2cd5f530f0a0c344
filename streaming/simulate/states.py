"""A machine's states minute by minute: shifts, changeovers, waits, failures and maintenance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from streaming.simulate.draws import draws
from streaming.simulate.machines import COMPONENTS, Machine
from streaming.simulate.shifts import Calendar
from streaming.simulate.wear import Component, Floats, Ints

RUNNING, IDLE, SETUP, DOWN = range(4)
STATES = ("running", "idle", "setup", "down")
# What a state is entered for, and whether it was planned; the n-th component's failure is FAILED + n.
REASONS: list[tuple[str | None, bool | None]] = [
    (None, None),
    ("no shift", True),
    ("waiting for material", False),
    ("changeover", True),
    ("planned maintenance", True),
    *((f"{component} failure", False) for component in COMPONENTS),
]
NO_SHIFT, WAITING, CHANGEOVER, MAINTENANCE, FAILED = range(1, 6)

MAINTENANCE_DAYS = 42  # a planned maintenance renews the component that is worn most


@dataclass(frozen=True)
class Moment:
    """A failure or a maintenance of a component, at a minute from the start."""

    minute: int
    kind: str
    component: str
    planned: bool | None = None
    sudden: bool = False


@dataclass
class Days:
    """State and reason of every minute from the start, and the shifts' load (share of full load) and product."""

    shift: npt.NDArray[np.int32]
    state: Ints
    reason: Ints
    intensity: Floats
    product: Ints

    def enter(self, start: int, end: int, state: int, reason: int) -> None:
        self.state[start:end] = state
        self.reason[start:end] = reason

    def load(self) -> Floats:
        """Load up to every minute, in hours of full load."""
        running = self.state == RUNNING
        return np.concatenate([[0.0], np.cumsum(running * by_index(self.intensity, self.shift) / 60)])


def by_index(values: npt.NDArray[Any], index: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Values by index, 0 where the index is -1."""
    return np.where(index < 0, 0, np.append(values, 0)[index])


def normal_days(machine: Machine, calendar: Calendar, products: int, seed: int) -> Days:
    """Days on which nothing breaks: shifts, changeovers at the start of some, short waits in between."""
    shift, count = calendar.of_minute, len(calendar.shifts)
    drawn = draws(seed, "shift", machine.index).random((count, 13))
    inside = shift >= 0
    state, reason = np.zeros(len(shift), dtype=np.int64), np.zeros(len(shift), dtype=np.int64)
    days = Days(shift, state, reason, 0.75 + 0.25 * drawn[:, 0], np.zeros(count, dtype=np.int64))
    made = machine.index % products
    starts = np.flatnonzero((np.diff(shift, prepend=-2) != 0) & inside)
    for begun in starts.tolist():
        number = int(shift[begun])
        for happens, when, long in drawn[number, 4:13].reshape(3, 3):
            if happens < 0.35:
                wait = begun + 45 + int(390 * when)
                days.enter(wait, wait + 4 + int(22 * long), IDLE, WAITING)
        if drawn[number, 1] < 0.4:
            made = (made + 1 + int(drawn[number, 2] * (products - 1))) % products
            days.enter(begun, begun + 15 + int(25 * drawn[number, 3]), SETUP, CHANGEOVER)
        days.product[number] = made
    state[~inside], reason[~inside] = IDLE, NO_SHIFT
    return days


def wear_out(machine: Machine, days: Days, seed: int) -> tuple[list[Component], list[Moment]]:
    """Let components wear, fail and be maintained, and write the stops into `days`."""
    rng, minutes = draws(seed, "life", machine.index), len(days.state)
    components = [Component(name) for name in COMPONENTS]
    for component in components:
        component.renew(rng, 0, 0.0)
    moments: list[Moment] = []
    service = int(rng.integers(MAINTENANCE_DAYS * 1440))
    load = days.load()
    while True:
        number = min(range(len(components)), key=lambda n: components[n].ends_at)
        component = components[number]
        fails = max(int(np.searchsorted(load, component.ends_at)) - 1, 0)
        if min(fails, service) >= minutes:
            return components, moments
        if fails <= service:
            end = fails + 120 + int(rng.gamma(2.0, 180.0))
            days.enter(fails, end, DOWN, FAILED + number)
            moments.append(Moment(fails, "failure", component.name, sudden=component.sudden))
            renewed, planned = [component], False
            service = max(service, end)
        else:
            end = service + 120 + int(rng.integers(180))
            days.enter(service, end, DOWN, MAINTENANCE)
            renewed = [max(components, key=lambda c: (load[service] - c.load[-1]) / c.life[-1])]
            planned = True
            service += MAINTENANCE_DAYS * 1440
        load = days.load()
        for each in renewed:
            each.renew(rng, min(end, minutes), load[min(end, minutes)])
            moments.append(Moment(end, "maintenance", each.name, planned))
