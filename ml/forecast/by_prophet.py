"""Prophet: a bent trend and seasons by the calendar, one model a series, kept as Prophet's own JSON."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from ml.forecast.grid import Counts, Floats, Panel
from ml.forecast.naive import mean_of

HISTORY = 1440  # steps that are fitted: half a second a series
_LEAST = 10  # values known


@dataclass(frozen=True)
class ByProphet:
    """One fitted model a series as JSON; empty where too little is known: there the mean is told."""

    models: tuple[str, ...]
    level: Floats

    @classmethod
    def fit(cls, panel: Panel, season: int, seed: int, history: int = HISTORY) -> ByProphet:
        """Learn from the newest `history` steps of each series; a counter's step counts as an hour."""
        values, dates = panel.values[-history:], _dates(panel, 0, len(panel.index))[-history:]
        calendar = isinstance(panel.index, pd.DatetimeIndex)
        return cls(
            tuple(_fitted(dates, values[:, at], season, calendar, seed) for at in range(values.shape[1])),
            mean_of(panel.values),
        )

    @cached_property
    def _loaded(self) -> list[Any]:
        from prophet.serialize import model_from_json

        return [model_from_json(text) if text else None for text in self.models]

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series]; the past of an origin does not change what is told."""
        first = int(origins.min())
        dates = _dates(panel, first, int(origins.max()) - first + steps)
        at = origins[:, None] - first + np.arange(steps)
        found = np.empty((len(origins), steps, len(self.models)))
        for number, model in enumerate(self._loaded):
            if model is None:
                found[:, :, number] = self.level[number]
            else:
                found[:, :, number] = model.predict(pd.DataFrame({"ds": dates}))["yhat"].to_numpy()[at]
        return found


def _fitted(dates: pd.DatetimeIndex, values: Floats, season: int, calendar: bool, seed: int) -> str:
    logging.getLogger("prophet.plot").disabled = True  # it complains of plotly, which nothing here needs
    from prophet import Prophet
    from prophet.serialize import model_to_json

    logging.getLogger("prophet").setLevel(logging.WARNING)
    logging.getLogger("cmdstanpy").disabled = True
    known = ~np.isnan(values)
    if known.sum() < _LEAST:
        return ""
    by_calendar = "auto" if calendar else False
    model = Prophet(
        uncertainty_samples=0,  # intervals come from the backtest
        daily_seasonality=by_calendar,
        weekly_seasonality=by_calendar,
        yearly_seasonality=by_calendar,
    )
    if not calendar and season > 1:
        model.add_seasonality("season", period=season / 24, fourier_order=min(5, season // 2))
    model.fit(pd.DataFrame({"ds": dates[known], "y": values[known]}), seed=seed)
    said = json.loads(model_to_json(model))
    return json.dumps(said, sort_keys=True)


def _dates(panel: Panel, first: int, count: int) -> pd.DatetimeIndex:
    times = panel.times(first, count)
    if isinstance(times, pd.DatetimeIndex):
        return times.tz_localize(None) if times.tz is not None else times
    steps = (times.to_numpy() / panel.index.step).astype(np.int64)  # type: ignore[union-attr]
    return pd.DatetimeIndex(pd.Timestamp("2000-01-01") + pd.to_timedelta(steps, unit="h"))
