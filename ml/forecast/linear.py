"""Linear forecasts of all steps at once from a window of the past, in closed form.

NLinear takes the window's last value off and adds it again; DLinear sees the window's moving average and what remains
(Zeng et al. 2023, "Are Transformers Effective for Time Series Forecasting?"). Here both take the last value off, for
plants' levels shift, and both are ridge regressions, so that two fits give the same numbers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ml.forecast.grid import Counts, Floats, Panel, filled
from ml.forecast.naive import deviation_of, mean_of

MOVING_AVERAGE = 25  # steps, as published
_LEAST_KNOWN = 0.5  # of a window's values; below it the window teaches nothing


@dataclass(frozen=True)
class Moments:
    """What a ridge regression needs of the data, by group of series: sums of x xᵀ and of x yᵀ."""

    xx: Floats  # [group, feature, feature]
    xy: Floats  # [group, feature, step]


@dataclass(frozen=True)
class Linear:
    """A fitted linear forecast; `weights` of a group of series that share them."""

    kind: str  # nlinear or dlinear
    window: int  # steps
    group: Counts  # by series
    weights: Floats  # [group, feature, step]
    level: Floats  # by series, taken off before, as is the scale
    scale: Floats

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series] as told before each origin; a value that is missing counts as the last one known."""
        known = _standard(panel.values, self.level, self.scale)
        found = np.empty((len(origins), steps, len(self.group)))
        for number, group in enumerate(self.group):
            features, last = _features(self.kind, known[:, number], origins, self.window)
            told = features @ self.weights[group][:, :steps] + last[:, None]
            found[:, :, number] = told * self.scale[number] + self.level[number]
        return found


def moments(kind: str, values: Floats, window: int, steps: int, group: Counts) -> Moments:
    """Of all windows in values[t, s] whose following steps are known."""
    level, scale = mean_of(values), deviation_of(values)
    known = _standard(values, level, scale)
    size = (2 * window if kind == "dlinear" else window) + 1
    groups = int(group.max()) + 1
    xx, xy = np.zeros((groups, size, size)), np.zeros((groups, size, steps))
    for number in range(values.shape[1]):
        origins = _teaching(values[:, number], window, steps)
        if not len(origins):
            continue
        features, last = _features(kind, known[:, number], origins, window)
        future = sliding_window_view(known[:, number], steps)[origins] - last[:, None]
        xx[group[number]] += features.T @ features
        xy[group[number]] += features.T @ future
    return Moments(xx, xy)


def solve(kind: str, values: Floats, window: int, group: Counts, penalty: float, sums: Moments) -> Linear:
    """The ridge regression with a penalty in units of the features' mean square; the constant is not penalised."""
    weights = np.zeros_like(sums.xy)
    for number, (xx, xy) in enumerate(zip(sums.xx, sums.xy, strict=True)):
        if not xx[-1, -1]:  # no window to learn from: the last value, or the mean, is told
            continue
        ridge = np.full(len(xx), max(penalty * np.trace(xx[:-1, :-1]) / (len(xx) - 1), 1e-9))
        ridge[-1] = 0.0
        weights[number] = np.linalg.solve(xx + np.diag(ridge), xy)
    return Linear(kind, window, group, weights, mean_of(values), deviation_of(values))


def _standard(values: Floats, level: Floats, scale: Floats) -> Floats:
    found = filled((values - level) / scale)
    return np.where(np.isnan(found), 0.0, found)


def _teaching(series: Floats, window: int, steps: int) -> Counts:
    """Origins whose window is half known and whose future is wholly known."""
    if len(series) < window + steps:
        return np.empty(0, np.int64)
    there = np.concatenate([[0], np.cumsum(~np.isnan(series))])
    origins = np.arange(window, len(series) - steps + 1)
    before = there[origins] - there[origins - window]
    after = there[origins + steps] - there[origins]
    found: Counts = origins[(before >= _LEAST_KNOWN * window) & (after == steps)]
    return found


def _features(kind: str, known: Floats, origins: Counts, window: int) -> tuple[Floats, Floats]:
    """[origin, feature], the last one the constant, and what is added to the forecast of each origin."""
    padded = np.concatenate([np.zeros(window), known])  # before the beginning: the mean
    windows = sliding_window_view(padded, window)[origins]
    constant = np.ones((len(origins), 1))
    last = windows[:, -1].copy()
    windows = windows - last[:, None]
    if kind == "nlinear":
        return np.hstack([windows, constant]), last
    half = (MOVING_AVERAGE - 1) // 2
    ends = [np.repeat(windows[:, :1], half, axis=1), windows, np.repeat(windows[:, -1:], half, axis=1)]
    sums = np.cumsum(np.concatenate([np.zeros((len(origins), 1)), *ends], axis=1), axis=1)
    trend = (sums[:, MOVING_AVERAGE:] - sums[:, :-MOVING_AVERAGE]) / MOVING_AVERAGE
    return np.hstack([trend, windows - trend, constant]), last
