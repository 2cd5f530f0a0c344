"""Forecasts that anybody can do in the head: what every other has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ml.forecast.grid import Counts, Floats, Panel, filled

NAIVE = ("mean", "last", "seasonal_naive", "trend")


@dataclass(frozen=True)
class Mean:
    """The mean of what the series was when it was fitted."""

    level: Floats  # by series

    @classmethod
    def fit(cls, panel: Panel) -> Mean:
        """Learn from all of the panel."""
        return cls(mean_of(panel.values))

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series] as told before each origin."""
        return np.broadcast_to(self.level, (len(origins), steps, len(self.level))).copy()


@dataclass(frozen=True)
class Trend:
    """A straight line in time through what the series was when it was fitted."""

    level: Floats
    slope: Floats  # a step
    begin: Any  # the moment at which level holds

    @classmethod
    def fit(cls, panel: Panel) -> Trend:
        """Learn by least squares from all of the panel."""
        values = panel.values
        known = ~np.isnan(values)
        time = np.where(known, np.arange(len(values), dtype=np.float64)[:, None], np.nan)
        centre = mean_of(time)
        level = mean_of(values)
        spread = np.nansum((time - centre) ** 2, axis=0)
        slope = np.nansum((time - centre) * (values - level), axis=0) / np.where(spread > 0, spread, 1.0)
        return cls(level - slope * centre, slope, panel.index[0])

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series] as told before each origin."""
        at = origins[:, None] - panel.position(self.begin) + np.arange(steps)
        return self.level + self.slope * at[:, :, None]


@dataclass(frozen=True)
class Seasonal:
    """What was a season ago; the last value with a season of 1, or where nothing is known of a season ago."""

    season: int

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series] as told before each origin."""
        known = filled(panel.values)
        back = origins[:, None] - self.season + np.arange(steps) % self.season
        last = np.maximum(origins[:, None] - 1, 0)
        ago = known[np.maximum(np.minimum(back, last), 0)]
        found: Floats = np.where(np.isnan(ago), known[last], ago)
        return found


def mean_of(values: Floats) -> Floats:
    """The mean of each series' known values; 0 of a series that has none."""
    known = ~np.isnan(values)
    counts = known.sum(axis=0)
    found: Floats = np.where(known, values, 0.0).sum(axis=0) / np.maximum(counts, 1)
    return found


def deviation_of(values: Floats, still: float = 1.0) -> Floats:
    """The standard deviation of each series' known values; `still` of a series that does not vary."""
    deviation = np.sqrt(mean_of((values - mean_of(values)) ** 2))
    found: Floats = np.where(deviation > 1e-12 * (1 + np.abs(mean_of(values))), deviation, still)
    return found


def least_of(values: Floats) -> Floats:
    """What each series cannot fall below, [series]: 0 of one that was never negative, as counts are."""
    known = (~np.isnan(values)).any(axis=0)
    found: Floats = np.where(known & ~(values < 0).any(axis=0), 0.0, -np.inf)
    return found
