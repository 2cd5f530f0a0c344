"""Rolling-origin backtest: candidates are fitted anew again and again on what came before, and asked what comes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from ml.forecast.candidates import Way, fit, left_out, ways
from ml.forecast.grid import Floats, Panel
from ml.forecast.naive import deviation_of
from ml.forecast.parts import future, origins
from ml.spec.forecast import ForecastSpec

MOST_ORIGINS = 400  # in all backtests together
_SQUARED = ("mse", "rmse")


@dataclass(frozen=True)
class Backtest:
    """What each way's errors were, and the best way of each series."""

    ways: tuple[Way, ...]
    loss: Floats  # [way, series]: mean absolute error, or mean squared for a squared metric, in the series' deviations
    chosen: tuple[int, ...]  # by series, a number of `ways`
    residuals: Floats  # [origin, step, series]: what came less what the chosen way told, in the channel's unit
    span: int  # steps that were backtested
    notes: dict[str, str]


def backtest(panel: Panel, spec: ForecastSpec, seasons: tuple[int, ...]) -> Backtest:
    """Compare the spec's candidates on the newer part of a panel that holds no test rows."""
    total = len(panel.index)
    begin = max(1, round(total * (1 - spec.backtest_share)))
    cuts = np.linspace(begin, total, spec.backtests + 1).astype(int)
    step = max(1, (total - begin) // MOST_ORIGINS)
    skipped = left_out(spec, len(panel.series))
    tried = [way for way in ways(spec, seasons, begin) if way.name not in skipped]
    if not any(way.name == "mean" for way in tried) and (not tried or any(way.name == "trend" for way in tried)):
        tried.append(Way("mean", {}))  # what a straight line has to beat
    scale = deviation_of(panel.values)
    squared = spec.promote.metric in _SQUARED
    came = [future(panel.values, origins(a, b, spec.horizon, step), spec.horizon, b) for a, b in pairwise(cuts)]
    loss = np.empty((len(tried), len(panel.series)))
    best = np.full(len(panel.series), np.inf)
    chosen = np.zeros(len(panel.series), dtype=int)
    residuals = np.full((sum(map(len, came)), spec.horizon, len(panel.series)), np.nan)
    sums: dict[Any, Any] = {}
    for number, way in enumerate(tried):
        errors = []
        for part, (a, b) in enumerate(pairwise(cuts)):
            before = panel.until(a)
            at = origins(a, b, spec.horizon, step)
            told = fit(way, before, spec, seasons, sums).forecast(panel.until(b), at, spec.horizon)
            errors.append(came[part] - told)
        error = np.concatenate(errors)
        loss[number] = _mean((error / scale) ** 2 if squared else np.abs(error / scale))
        better = loss[number] < best
        best[better], chosen[better] = loss[number][better], number
        residuals[:, :, better] = error[:, :, better]
    return Backtest(
        tuple(tried), loss, tuple(chosen.tolist()), residuals, total - begin, skipped | _trend_note(tried, loss)
    )


def _mean(error: Floats) -> Floats:
    known = ~np.isnan(error)
    found: Floats = np.where(known, error, 0.0).sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1)
    return np.where(known.any(axis=(0, 1)), found, np.inf)


def _trend_note(tried: list[Way], loss: Floats) -> dict[str, str]:
    """A straight line that does not beat the mean is worth a word: it looks like knowledge and is none."""
    names = [way.name for way in tried]
    if "trend" not in names or "mean" not in names:
        return {}
    trend, mean = loss[names.index("trend")], loss[names.index("mean")]
    known = np.isfinite(trend) & np.isfinite(mean)
    worse = known & (trend >= mean)
    if not worse.any():
        return {}
    return {
        "trend": f"the straight trend does not beat the mean for {worse.sum()} of {known.sum()} series "
        f"(loss {trend[known].mean():.4g} against {mean[known].mean():.4g} standard deviations)"
    }
