"""Rolling statistics over hours, the same to the last bit however much history comes before the window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Grid:
    """Every machine's hours without holes, one machine behind the other, parted by at least `padding` empty hours.

    A running sum would carry rounding from a series' beginning into each window; here a window is summed from its
    own hours alone, in one order.
    """

    places: Ints  # where on the grid each row lies
    length: int
    padding: int

    def spread(self, values: Floats) -> Floats:
        """One value per row → one per hour of the grid, NaN where there is no row."""
        out = np.full(self.length, np.nan)
        out[self.places] = values
        return out

    def lagged(self, values: Floats, hours: int) -> Floats:
        """The grid's values of so many hours ago; `hours` up to `padding`."""
        if hours > self.padding:
            raise ValueError(f"a lag of {hours} h on a grid padded by {self.padding} h would reach another machine")
        return np.concatenate([np.full(hours, np.nan), values[: len(values) - hours]])


def make_grid(machines: Ints, hours: Ints, padding: int) -> Grid:
    """The grid of rows sorted by machine and hour; `hours` counts hours since any origin."""
    places = np.zeros(len(hours), dtype=np.int64)
    end = padding
    for machine in np.unique(machines):
        rows = np.flatnonzero(machines == machine)
        places[rows] = end + hours[rows] - hours[rows].min()
        end = int(places[rows].max()) + 1 + padding
    return Grid(places, end, padding)


def _window(grid: Grid, values: Floats, hours: int) -> Iterator[Floats]:
    return (grid.lagged(values, lag) for lag in range(hours))


def mean(grid: Grid, values: Floats, hours: int) -> Floats:
    """Mean over the last `hours` hours, this one included; hours without a value do not count."""
    total, count = np.zeros(grid.length), np.zeros(grid.length)
    for lagged in _window(grid, values, hours):
        there = ~np.isnan(lagged)
        total += np.where(there, lagged, 0.0)
        count += there
    return _quotient(total, count)


def std(grid: Grid, values: Floats, hours: int) -> Floats:
    """Sample standard deviation over the last `hours` hours; NaN for fewer than two values."""
    centre = mean(grid, values, hours)
    total, count = np.zeros(grid.length), np.zeros(grid.length)
    for lagged in _window(grid, values, hours):
        there = ~np.isnan(lagged)
        total += np.where(there, lagged - centre, 0.0) ** 2
        count += there
    return np.asarray(np.sqrt(_quotient(total, count - 1)))


def days(grid: Grid, values: Floats, day: int, most: int) -> Floats:
    """How many of the last `most` days (`day` steps each) have a value."""
    seen = np.zeros(grid.length, dtype=bool)
    for lag in range(day):
        seen |= ~np.isnan(grid.lagged(values, lag))
    spread = np.where(seen, 1.0, np.nan)
    return np.asarray(
        sum((np.nan_to_num(grid.lagged(spread, day * back)) for back in range(most)), np.zeros(grid.length))
    )


def _quotient(total: Floats, count: Floats) -> Floats:
    out = np.full(len(total), np.nan)
    np.divide(total, count, out=out, where=count > 0)
    return out


def least(grid: Grid, values: Floats, hours: int) -> Floats:
    """Minimum over the last `hours` hours."""
    return np.asarray(np.fmin.reduce(list(_window(grid, values, hours))))


def greatest(grid: Grid, values: Floats, hours: int) -> Floats:
    """Maximum over the last `hours` hours."""
    return np.asarray(np.fmax.reduce(list(_window(grid, values, hours))))
