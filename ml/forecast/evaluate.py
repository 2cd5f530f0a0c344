"""Judges forecasts on the test part, from one origin after the other, each knowing all that came before it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.forecast import scores
from ml.forecast.adapt import stretches
from ml.forecast.candidates import Fitted
from ml.forecast.grid import Counts, Floats, Panel, filled
from ml.forecast.intervals import LEVELS
from ml.forecast.model import ForecastModel
from ml.forecast.naive import Mean, Seasonal, Trend, deviation_of, least_of, mean_of
from ml.forecast.parts import Parts, every, future, origins, parts
from ml.forecast.seasons import seasons
from ml.spec.forecast import ForecastSpec
from ml.task import Judged


def evaluate(model: ForecastModel, panel: Panel, spec: ForecastSpec) -> Judged:
    """A model on the test part; a series that it does not know is told its last value."""
    where = parts(panel, spec)
    at = origins(where.test, where.end, spec.horizon, every(spec, where, len(panel.series)))
    steps = min(model.horizon, spec.horizon)
    mine = {name: number for number, name in enumerate(model.series)}
    both = [(number, mine[name]) for number, name in enumerate(panel.series) if name in mine]
    told = np.full((len(at), spec.horizon, len(panel.series)), np.nan)
    ends = [np.full((2, *told.shape), np.nan) for _ in LEVELS]
    if both:
        here, there = (np.array(numbers) for numbers in zip(*both, strict=True))
        told[:, :steps, here] = model.forecast(panel, at)[:, :steps, there]
        own = model.bands.of(there, steps)
        came = future(panel.values[:, here], at, steps, where.end)
        unit = own.unit(told[:, :steps, here])
        width = stretches(came, told[:, :steps, here], at, own, at)
        for level, end in enumerate(ends):
            for side, distance in enumerate((own.lower, own.upper)):
                reach = told[:, :steps, here] + width[:, level, None, :] * distance[level] * unit
                end[side][:, :steps, here] = np.maximum(reach, model.least[there])
    return _judged(panel, where, spec, at, told, [(end[0], end[1]) for end in ends])


def baseline(panel: Panel, spec: ForecastSpec) -> tuple[str, Judged]:
    """Of the mean, the last value, a season ago and the straight trend, whichever does best on the test part."""
    where = parts(panel, spec)
    known = panel.until(where.known)
    at = origins(where.test, where.end, spec.horizon, every(spec, where, len(panel.series)))
    rules: dict[str, Fitted] = {
        "mean": Mean.fit(known),
        "last": Seasonal(1),
        "trend": Trend.fit(known),
        **{f"seasonal_naive season={season}": Seasonal(season) for season in seasons(panel, spec) if season > 1},
    }
    best = ("", Judged({}, pd.DataFrame()), -np.inf)
    for name, rule in rules.items():
        told = np.maximum(rule.forecast(panel.until(where.end), at, spec.horizon), least_of(known.values))
        judged = _judged(panel, where, spec, at, told, None)
        reached = score(judged.rows, np.ones(len(judged.rows)), spec)
        if reached > best[2]:
            best = (name, judged, reached)
    return best[0], best[1]


def score(rows: pd.DataFrame, weight: Floats, spec: ForecastSpec) -> float:
    """The spec's metric of weighted rows; higher is better."""
    value = scores.metrics(rows, weight).get(spec.promote.metric, float("nan"))
    if spec.promote.metric.startswith("coverage"):  # good is what was promised, not more
        return -abs(value - float(spec.promote.metric.removeprefix("coverage_")) / 100)
    return -value if spec.promote.metric in spec.LOWER_IS_BETTER else value


def _judged(
    panel: Panel,
    where: Parts,
    spec: ForecastSpec,
    at: Counts,
    told: Floats,
    ends: list[tuple[Floats, Floats]] | None,
) -> Judged:
    came = future(panel.values, at, spec.horizon, where.end)
    last = filled(panel.values)[np.maximum(at - 1, 0)][:, None, :]
    told = np.where(np.isnan(told), np.where(np.isnan(last), 0.0, last), told)  # a series that a model does not know
    train = panel.values[: where.train]
    scale = deviation_of(train) if spec.standardise else np.ones(len(panel.series))
    season = seasons(panel, spec)[0]
    ago = mean_of(np.abs(train[season:] - train[:-season])) if len(train) > season else np.zeros(len(panel.series))
    rows = scores.rows(panel, came, told, at, scale, np.where(ago > 0, ago, deviation_of(train)), ends)
    return Judged(scores.metrics(rows), rows)
