"""Fits a forecast: the best candidate of each series, learned from training and validation part."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from ml.forecast.backtest import backtest
from ml.forecast.candidates import Way, fit
from ml.forecast.grid import Floats, Panel
from ml.forecast.intervals import bands, grows, unit
from ml.forecast.model import ForecastModel
from ml.forecast.naive import least_of
from ml.forecast.parts import Parts
from ml.forecast.reach import unseen, untried
from ml.forecast.seasons import seasons
from ml.forecast.statistical import HISTORY
from ml.spec.forecast import ForecastSpec

log = logging.getLogger(__name__)

_WEEK_OF_HOURS = 168


def fitted(panel: Panel, where: Parts, spec: ForecastSpec) -> ForecastModel:
    """Compare, choose and learn on what lies before the test part."""
    known = panel.until(where.known)
    repeats = seasons(panel, spec)
    found = backtest(known, spec, repeats)
    beyond = untried(known, where, spec, repeats) | unseen(where, spec)
    for name, note in beyond.items():
        log.warning("%s: %s.", name, note)
    relative = grows(known.values, repeats[0])
    errors = found.residuals / unit(found.told, relative)
    used = sorted(set(found.chosen))
    ways = tuple(found.ways[number] for number in used)
    sums: dict[Any, Any] = {}
    losses = np.where(np.isfinite(found.loss), found.loss, np.nan)
    counter = isinstance(panel.index, pd.RangeIndex)
    return ForecastModel(
        panel.series,
        spec.horizon,
        max(_look_back(way, repeats) for way in ways),
        int(panel.index[0]) if counter else str(panel.index[0]),
        int(panel.index.step) if counter else str(panel.index.freqstr),  # type: ignore[union-attr]
        ways,
        tuple(fit(way, known, spec, repeats, sums) for way in ways),
        tuple(used.index(number) for number in found.chosen),
        bands(errors, [channel for _, channel in panel.series], found.span, known.values, relative),
        least_of(known.values),
        {
            **_best(found.ways, losses),
            **{f"note_{name}": note for name, note in (found.notes | beyond).items()},
            "train_from": str(known.index[0]),
            "train_until": str(known.index[-1]),
            "series": len(panel.series),
        },
    )


def _look_back(way: Way, repeats: tuple[int, ...]) -> int:
    """Steps of the past that a way looks at, half as many again for gaps, and a season (a week of hours at most)."""
    longest = way.settings.get("history", HISTORY) if way.name in ("auto_ets", "auto_arima") else way.looks_back
    return int(1.5 * longest) + min(max(repeats), _WEEK_OF_HOURS)


def _best(ways: tuple[Way, ...], losses: Floats) -> dict[str, float]:
    """The mean loss over all series of each candidate's best choice of parameters, in the series' deviations."""
    out: dict[str, float] = {}
    for way, loss in zip(ways, losses, strict=True):
        if np.isfinite(loss).any():
            mean = round(float(np.nanmean(loss)), 6)
            name = f"backtest_loss_{way.name}"
            out[name] = min(mean, out.get(name, mean))
    return out
