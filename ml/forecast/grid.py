"""Puts readings that come at any moment on one regular grid: a panel of series, one a channel of an entity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.forecast.places import Counts as Counts
from ml.forecast.places import places

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """values[t, s] is series s in step t, not a number where nothing was read; index holds the steps' beginnings.

    The index is a DatetimeIndex with a frequency, or a RangeIndex of a counter.
    """

    values: Floats
    index: pd.DatetimeIndex | pd.RangeIndex
    series: tuple[tuple[str, str], ...]  # entity, channel

    def times(self, first: int, count: int) -> pd.Index:
        """The steps from a position on, also such as are yet to come."""
        if isinstance(self.index, pd.RangeIndex):
            begin = self.index.start + first * self.index.step
            return pd.RangeIndex(begin, begin + count * self.index.step, self.index.step)
        return pd.date_range(self.index[0], periods=first + count, freq=self.index.freq)[first:]

    def position(self, time: Any) -> int:
        """The step in which a moment, or a counter's value, lies; negative before the first."""
        if isinstance(self.index, pd.RangeIndex):
            return (int(time) - self.index.start) // self.index.step
        begin, moment, step = self.index[0], pd.Timestamp(time), self.index.freq
        if moment >= begin:
            return len(pd.date_range(begin, moment, freq=step)) - 1
        return 1 - len(pd.date_range(moment, begin, freq=step))

    def until(self, steps: int) -> Panel:
        """The panel as it was known after so many steps."""
        index: Any = self.index[:steps]
        return Panel(self.values[:steps], index, self.series)

    def of(self, series: Sequence[tuple[str, str]]) -> Panel:
        """These series in this order; one that is not there is not a number throughout."""
        at = {name: number for number, name in enumerate(self.series)}
        columns = [self.values[:, at[name]] if name in at else np.full(len(self.values), np.nan) for name in series]
        return Panel(np.column_stack(columns), self.index, tuple(series))


def regular(
    readings: pd.DataFrame,
    entity: str | None,
    time: str,
    channels: tuple[str, ...],
    step: str | None,
    how: str = "mean",
) -> Panel:
    """A panel of what was read: the mean (or sum, minimum, maximum, last) of each channel in each step.

    `step` is a pandas frequency such as 5min, 1h, D or MS, or a number for a counter; without it, the usual distance
    of two readings. Steps begin by the clock, or where most are read if each holds one moment. A step without a reading
    is not a number, except that a sum without one within a series' span is 0. Raises MillwrightError when the step
    cannot be understood or the grid would be absurdly long.
    """
    place, index = places(readings[time], step)
    names = [""] * len(readings) if entity is None else readings[entity].astype(str).tolist()
    keyed = readings[list(channels)].apply(pd.to_numeric, errors="coerce").astype(np.float64)
    keyed = keyed.groupby([pd.Index(names, name="entity"), pd.Index(place, name="step")], sort=True)
    table = keyed.sum(min_count=1) if how == "sum" else keyed.agg(how)
    entities = table.index.get_level_values(0).unique()
    values = np.full((len(index), len(entities) * len(channels)), np.nan)
    for number, name in enumerate(entities):
        rows = table.loc[name]
        at = rows.index.to_numpy()
        columns = slice(number * len(channels), (number + 1) * len(channels))
        values[at, columns] = rows.to_numpy()
        if how == "sum":
            span = values[at.min() : at.max() + 1, columns]
            span[np.isnan(span)] = 0.0
    return Panel(values, index, tuple((str(name), channel) for name in entities for channel in channels))


def filled(values: Floats) -> Floats:
    """The last value known in each step; before a series' first it is not a number."""
    at = np.where(np.isnan(values), -1, np.arange(len(values))[:, None])
    last = np.maximum.accumulate(at, axis=0)
    found: Floats = np.where(last >= 0, np.take_along_axis(values, np.maximum(last, 0), axis=0), np.nan)
    return found
