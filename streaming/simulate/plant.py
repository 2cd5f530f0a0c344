"""The plant: its machines, and every one's story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from millwright.errors import MillwrightError
from millwright.reference import read
from millwright.reference_entries import Product, Shift
from streaming.simulate.machines import PLANTS, machines
from streaming.simulate.shifts import Calendar, calendar
from streaming.simulate.timeline import Timeline, timeline
from streaming.simulate.wear import Ints

DAYS_AHEAD = 30  # the story is known this long after the end of the history


@dataclass(frozen=True)
class Plant:
    """A seeded plant. `start` is a whole hour in UTC; `timelines` has one entry a machine."""

    seed: int
    start: datetime
    end: datetime
    until: datetime
    products: list[Product]
    timelines: list[Timeline]

    @property
    def history_minutes(self) -> int:
        return (self.end - self.start) // timedelta(minutes=1)

    def time(self, minute: float) -> datetime:
        """The moment that lies this many minutes after the start."""
        return self.start + timedelta(minutes=minute)

    def micros(self, seconds: np.ndarray) -> Ints:
        """Microseconds since 1970 of moments given in seconds after the start."""
        return int(self.start.timestamp()) * 1_000_000 + np.round(seconds * 1e6).astype(np.int64)


def plant(count: int, days: int, seed: int, end: datetime, until: datetime | None = None) -> Plant:
    """Build a plant whose history ends at `end`; its story goes on to `until`, or 30 days if that is more.

    A longer story changes nothing of what comes before. Raises MillwrightError when the reference data lacks a plant
    of ours, its shifts, or products.
    """
    start, last = end - timedelta(days=days), end + timedelta(days=DAYS_AHEAD)
    last = max(last, until + timedelta(days=1)) if until else last
    last = last.replace(minute=0, second=0, microsecond=0)
    minutes = (last - start) // timedelta(minutes=1)
    products: list[Product] = read("products")
    calendars = dict(_calendars(start, minutes))
    if not products:
        raise MillwrightError("There is no product to make.", "contracts/reference/products.yml has to name one.")
    history = (end - start) // timedelta(minutes=1)
    stories = [timeline(m, calendars[m.plant_id], products, seed, history) for m in machines(count, seed, start)]
    return Plant(seed, start, end, last, products, stories)


def _calendars(start: datetime, minutes: int) -> Iterator[tuple[str, Calendar]]:
    zones = {p.plant_id: p.timezone for p in read("plants")}
    shifts: list[Shift] = read("shifts")
    for name in PLANTS:
        own = [s for s in shifts if s.plant_id == name]
        if name not in zones or not own:
            raise MillwrightError(
                f"The simulated plant {name} is not in the reference data.",
                "contracts/reference/plants.yml and shifts.yml have to name it.",
            )
        yield name, calendar(own, zones[name], start.astimezone(UTC), minutes)
