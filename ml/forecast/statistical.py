"""Exponential smoothing and ARIMA, their form found by itself (statsforecast's AutoETS and AutoARIMA), by series.

Only the newest part of a series is fitted, and a form is kept, not its numbers: they are estimated again from the same
rows when a model is loaded, which gives the same numbers.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ml.forecast.grid import Counts, Floats, Panel, filled
from ml.forecast.naive import mean_of

HISTORY = 336  # steps that are fitted: a second a series; the time grows faster than this
LONGEST_SEASON = 24  # the search takes minutes a series beyond it


@dataclass(frozen=True)
class Statistical:
    """One form a series, estimated from the column of `past` that is the series'."""

    kind: str  # auto_ets or auto_arima
    season: int
    forms: tuple[dict[str, Any] | None, ...]  # None where too little is known: the last value is told
    past: Floats  # [step, series], without gaps

    @classmethod
    def fit(cls, kind: str, panel: Panel, season: int, history: int = HISTORY) -> Statistical:
        """Find each series' form in its newest `history` steps; a season that is too long counts as none."""
        season = season if season <= LONGEST_SEASON else 1
        past = _without_gaps(panel.values)[-history:]
        forms = []
        for number in range(past.shape[1]):
            series = past[:, number]
            seen = int((~np.isnan(panel.values[-history:, number])).sum())
            short = seen < max(2 * season, 10) or np.ptp(series) == 0
            forms.append(None if short else _find(kind, series, season))
        return cls(kind, season, tuple(forms), past)

    @cached_property
    def _models(self) -> list[Any]:
        return [
            None if form is None else _estimate(form, self.past[:, number], self.season)
            for number, form in enumerate(self.forms)
        ]

    def forecast(self, panel: Panel, origins: Counts, steps: int) -> Floats:
        """[origin, step, series] as told before each origin; the form's numbers stay, its state follows the series."""
        known = np.nan_to_num(_without_gaps(panel.values))
        found = np.empty((len(origins), steps, len(self.forms)))
        for number, model in enumerate(self._models):
            for row, origin in enumerate(origins):
                before = known[max(0, origin - len(self.past)) : origin, number]
                found[row, :, number] = _told(model, before, steps)
        return found


def _told(model: Any, before: Floats, steps: int) -> Floats:
    last = np.full(steps, before[-1] if len(before) else 0.0)
    if model is None or len(before) < 10 or np.ptp(before) == 0:
        return last
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            told = np.asarray(model.forward(before, steps)["mean"], dtype=np.float64)
    except (ValueError, np.linalg.LinAlgError):  # a multiplicative form and a value that is not positive
        return last
    return np.where(np.isfinite(told), told, last)


def _find(kind: str, series: Floats, season: int) -> dict[str, Any] | None:
    from statsforecast.models import AutoARIMA, AutoETS

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if kind == "auto_ets":
                found = AutoETS(season_length=season).fit(series).model_
                error, trend, seasonal = re.findall(r"[AMN]", found["method"].split("(")[1])
                return {"model": f"{error}{trend}{seasonal}", "damped": "Ad" in found["method"]}
            # Seasons are not differenced and the orders small: else the search takes minutes.
            found = AutoARIMA(season_length=season, approximation=True, max_order=3, seasonal=season <= 12).fit(series)
    except (ValueError, ZeroDivisionError, np.linalg.LinAlgError):
        return None
    p, q, sp, sq, _, d, sd = (int(number) for number in found.model_["arma"])
    terms = found.model_["coef"]
    return {
        "order": [p, d, q],
        "seasonal_order": [sp, sd, sq],
        "include_mean": "intercept" in terms,
        "include_drift": "drift" in terms,
    }


def _estimate(form: dict[str, Any], series: Floats, season: int) -> Any:
    from statsforecast.models import ARIMA, AutoETS

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            if "model" in form:
                return AutoETS(season_length=season, model=form["model"], damped=form["damped"]).fit(series)
            return ARIMA(
                order=tuple(form["order"]),
                season_length=season,
                seasonal_order=tuple(form["seasonal_order"]),
                include_mean=form["include_mean"],
                include_drift=form["include_drift"],
            ).fit(series)
        except (ValueError, ZeroDivisionError, np.linalg.LinAlgError):
            return None


def _without_gaps(values: Floats) -> Floats:
    """The last value known; before the first, the mean."""
    known = filled(values)
    return np.where(np.isnan(known), mean_of(values), known)
