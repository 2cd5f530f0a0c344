"""Rolling-origin backtest: candidates are fitted anew again and again on what came before, and asked what comes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.forecast.candidates import Way, fit, left_out, ways
from ml.forecast.grid import Floats, Panel
from ml.forecast.naive import deviation_of, least_of
from ml.forecast.parts import first_backtest, future, origins
from ml.spec.forecast import ForecastSpec

MOST_ORIGINS = 400  # in all backtests together
_SQUARED = ("mse", "rmse")
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Backtest:
    """What each way's errors were, and the best way of each series."""

    ways: tuple[Way, ...]
    # [way, series]: the mean absolute error (mean squared, for a squared metric) in the series' deviations; over the
    # backtests the geometric mean, so that one stretch that nobody can foretell does not decide.
    loss: Floats
    chosen: tuple[int, ...]  # by series, a number of `ways`
    told: Floats  # [origin, step, series] by the chosen way; not a number where nothing came
    residuals: Floats  # [origin, step, series]: what came less what the chosen way told, in the channel's unit
    span: int  # steps that were backtested
    notes: dict[str, str]


def backtest(panel: Panel, spec: ForecastSpec, seasons: tuple[int, ...]) -> Backtest:
    """Compare the spec's candidates on the newer part of a panel that holds no test rows."""
    total = len(panel.index)
    begin = first_backtest(total, spec)
    cuts = np.linspace(begin, total, spec.backtests + 1).astype(int)
    step = max(1, (total - begin) // MOST_ORIGINS)
    skipped = left_out(spec, len(panel.series))
    tried = [way for way in ways(spec, panel, seasons, begin) if way.name not in skipped]
    if not any(way.name == "mean" for way in tried) and (not tried or any(way.name == "trend" for way in tried)):
        tried.append(Way("mean", {}))  # what a straight line has to beat
    scale = deviation_of(panel.values)
    squared = spec.promote.metric in _SQUARED
    came = [future(panel.values, origins(a, b, spec.horizon, step), spec.horizon, b) for a, b in pairwise(cuts)]
    logs = np.empty((spec.backtests, len(tried), len(panel.series)))
    errors: list[list[Any]] = [[] for _ in tried]
    for part, (a, b) in enumerate(pairwise(cuts)):
        before, at = panel.until(a), origins(a, b, spec.horizon, step)
        least = least_of(before.values)
        sums: dict[Any, Any] = {}
        for number, way in enumerate(tried):
            told = fit(way, before, spec, seasons, sums).forecast(panel.until(b), at, spec.horizon)
            error = came[part] - np.maximum(told, least)
            logs[part, number] = _log_mean(np.abs(error / scale) ** (2 if squared else 1))
            errors[number].append(error.astype(np.float32))
    loss = _over_backtests(logs)
    residuals = [np.concatenate(parts) for parts in errors]
    varied = deviation_of(panel.values[begin:], still=0.0) > 0
    chosen = _choice(loss, [channel for _, channel in panel.series], varied)
    own = np.stack([residuals[way][:, :, number] for number, way in enumerate(chosen)], axis=2).astype(np.float64)
    told = np.concatenate(came) - own
    return Backtest(tuple(tried), loss, tuple(chosen), told, own, total - begin, skipped | _trend_note(tried, loss))


def _choice(loss: Floats, channels: list[str], varied: Flags) -> list[int]:
    """By series the way of least loss, half of the evidence being the series' own and half that of its kind.

    A few backtests of one series are few: what does well for the channel in other machines (where there are none, for
    all series) counts as much. Series that did not vary are no evidence for others: there a loss of 0 against one of
    rounding would outweigh all that the others tell.
    """
    logs = np.log(np.where(np.isfinite(loss), np.maximum(loss, 1e-12), np.nan))
    names = np.array(channels)
    out = []
    for number, channel in enumerate(channels):
        kind = logs[:, varied & (names == channel)] if channels.count(channel) > 1 else logs[:, varied]
        judged = ~np.isnan(kind).any(axis=0)
        of_kind = kind[:, judged].mean(axis=1) if judged.any() else np.zeros(len(logs))
        own = np.where(np.isnan(logs[:, number]), 0.0, logs[:, number])
        out.append(int(np.argmin(own + of_kind)))
    return out


def _log_mean(error: Floats) -> Floats:
    """[series]: the logarithm of the mean error; not a number where none is known."""
    known = ~np.isnan(error)
    mean = np.where(known, error, 0.0).sum(axis=(0, 1)) / np.maximum(known.sum(axis=(0, 1)), 1)
    found: Floats = np.where(known.any(axis=(0, 1)), np.log(np.maximum(mean, 1e-12)), np.nan)
    return found


def _over_backtests(logs: Floats) -> Floats:
    """[way, series] of [backtest, way, series]: the geometric mean; infinite where no backtest could be judged."""
    judged = ~np.isnan(logs)
    mean_log = np.where(judged, logs, 0.0).sum(axis=0) / np.maximum(judged.sum(axis=0), 1)
    return np.where(judged.any(axis=0), np.exp(mean_log), np.inf)


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
