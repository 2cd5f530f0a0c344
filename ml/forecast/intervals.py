"""Intervals from a backtest's residuals: split conformal prediction, by series and step of the horizon.

Vovk, Gammerman, Shafer 2005; the level is raised for a finite sample, (n + 1) / n, where n counts what is nearly
independent: backtested windows that overlap by less than half.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.forecast.grid import Counts, Floats
from ml.forecast.naive import deviation_of, mean_of

LEVELS = (0.80, 0.95)
Flags = npt.NDArray[np.bool_]
_SEASONS = 4  # fewer tell nothing of how spread and level go together
_STEADIER = 0.7  # spread as a share of level has to vary by so much less than spread itself
PATHS = 200  # kept of a series: a crossing's probability is told to half a per cent


@dataclass(frozen=True)
class Bands:
    """What is added to a forecast: the intervals' ends, and whole paths of errors.

    In the channel's unit, or where a series is `relative` in shares of the forecast.
    """

    lower: Floats  # [level, step, series]
    upper: Floats
    paths: Floats  # [path, step, series]
    relative: Flags  # [series]

    def unit(self, told: Floats) -> Floats:
        """What the ends and paths are multiplied by, of a forecast [..., series]."""
        return unit(told, self.relative)

    def of(self, series: Counts, steps: int) -> Bands:
        """Those of some series, by number, for the first steps."""
        ends, paths = (self.lower[:, :steps, series], self.upper[:, :steps, series]), self.paths[:, :steps, series]
        return Bands(*ends, paths, self.relative[series])


def unit(told: Floats, relative: Flags) -> Floats:
    """In what the errors of a forecast [..., series] are counted: in itself where `relative`, else in 1."""
    found: Floats = np.where(relative, np.maximum(np.abs(told), 1e-12), 1.0)
    return found


def grows(past: Floats, season: int) -> Flags:
    """[series]: whether a series spreads the more, the higher it is: it is above 0 and its spread in a season varies
    more than the spread does as a share of the season's mean (Guerrero 1993).
    """
    seasons = len(past) // season
    if season < 2 or seasons < _SEASONS:
        return np.zeros(past.shape[1], dtype=bool)
    blocks = past[len(past) - seasons * season :].reshape(seasons, season, -1)
    level, spread = blocks.mean(axis=1), blocks.std(axis=1)
    above = (past > 0).all(axis=0) & (spread > 0).all(axis=0)  # nor is a value missing
    level, spread = np.where(above, level, 1.0), np.where(above, spread, 1.0)
    share = spread / level
    varies, varies_less = spread.std(axis=0) / spread.mean(axis=0), share.std(axis=0) / share.mean(axis=0)
    found: Flags = above & (varies_less < _STEADIER * varies)
    return found


def bands(residuals: Floats, channels: list[str], span: int, past: Floats, relative: Flags) -> Bands:
    """From residuals[origin, step, series] of a backtest over `span` steps, in the units that `Bands` has them.

    A step whose residuals are all unknown borrows those of the series' other steps, then those of the channel in
    deviations of each series' past.
    """
    steps = residuals.shape[1]
    independent = max(1.0, 2 * span / steps)
    scale = deviation_of(past) / np.where(relative, mean_of(past), 1.0)
    known = _borrowed(residuals, channels, scale)
    ends = []
    for level in LEVELS:
        raised = min(1.0, level * (1 + 1 / independent))
        ends.append(np.nanquantile(known, [(1 - raised) / 2, (1 + raised) / 2], axis=0))
    lower, upper = np.array([end[0] for end in ends]), np.array([end[1] for end in ends])
    # A quantile of few residuals may lie on one side of the forecast: the forecast is always inside.
    lower, upper = np.minimum(lower, 0.0), np.maximum(upper, 0.0)
    lower[1], upper[1] = np.minimum(lower[1], lower[0]), np.maximum(upper[1], upper[0])
    whole = known[~np.isnan(known).any(axis=(1, 2))]
    paths = whole if len(whole) else np.where(np.isnan(known), 0.0, known)
    kept = np.unique(np.linspace(0, len(paths) - 1, min(PATHS, len(paths))).astype(int))
    return Bands(lower, upper, paths[kept], relative)


def _borrowed(residuals: Floats, channels: list[str], scale: Floats) -> Floats:
    found = residuals.copy()
    names = np.array(channels)
    for number in range(found.shape[2]):
        own = found[:, :, number]
        empty = np.isnan(own).all(axis=0)
        if not empty.any():
            continue
        if not empty.all():
            spare = np.nanquantile(own, np.linspace(0, 1, len(own)))  # of all steps together
        else:
            others = (residuals / scale)[:, :, names == names[number]]
            others = others[~np.isnan(others)]
            spare = np.quantile(others if len(others) else np.array([-2.0, 0.0, 2.0]), np.linspace(0, 1, len(own)))
            spare = spare * scale[number]
        own[:, empty] = spare[:, None]
    return found
