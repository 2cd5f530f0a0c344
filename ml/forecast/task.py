"""Task `forecast`: what will the readings be, how sure is it, and when will a limit be crossed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from ml.data import Data
from ml.forecast import evaluate
from ml.forecast.fit import fitted
from ml.forecast.grid import Floats
from ml.forecast.model import ForecastModel, load
from ml.forecast.parts import parts
from ml.forecast.predict import predictions
from ml.forecast.reach import refused
from ml.forecast.read import panel, read
from ml.forecast.seasons import seasons
from ml.spec.forecast import ForecastSpec
from ml.task import Judged

LEAST_STEPS = 10  # before the test part


class ForecastTask:
    """Implements `ml.task.Task`."""

    def read(self, spec: ForecastSpec, newest: bool = False) -> Data:
        """The readings, whole also with `newest`: how far a forecast looks back is known only on the grid."""
        return read(spec, newest)

    def too_little(self, data: Data, spec: ForecastSpec) -> str:
        """Why nothing can be learned, in one sentence; empty when something can."""
        known = panel(data)
        if not known.series:
            return "No channel holds a value."
        where = parts(known, spec)
        if where.known < LEAST_STEPS:
            return f"Only {where.known} steps lie before the test part; at least {LEAST_STEPS} are needed."
        if where.end <= where.test or np.isnan(known.values[where.test : where.end]).all():
            return "No reading lies in the test part."
        return refused(known, where, spec, seasons(known, spec))

    def fit(self, data: Data, spec: ForecastSpec) -> ForecastModel:
        """The best candidate of each series, by a backtest before the test part."""
        known = panel(data)
        return fitted(known, parts(known, spec), spec)

    def load(self, folder: Path) -> ForecastModel:
        """What `ForecastModel.save` wrote."""
        return load(folder)

    def evaluate(self, model: ForecastModel, data: Data, spec: ForecastSpec) -> Judged:
        """Forecasts from every origin of the test part."""
        return evaluate.evaluate(model, panel(data), spec)

    def baseline(self, data: Data, spec: ForecastSpec) -> tuple[str, Judged]:
        """Of the mean, the last value, a season ago and the straight trend, whichever does best on the test part."""
        return evaluate.baseline(panel(data), spec)

    def score(self, rows: pd.DataFrame, weight: Floats, spec: ForecastSpec) -> float:
        """The spec's metric of weighted rows; higher is better."""
        return evaluate.score(rows, weight, spec)

    def plots(self, model: ForecastModel, data: Data, judged: Judged, folder: Path) -> None:
        """backtest.png, coverage.png, residuals.png, candidates.png."""
        from ml.forecast import plots

        plots.draw(model, panel(data), judged, folder)

    def predict(self, model: ForecastModel, data: Data, spec: ForecastSpec) -> pd.DataFrame:
        """One row per machine, channel and step after the newest: for `ml.forecasts`."""
        return predictions(model, panel(data), data, spec)


TASK = ForecastTask()
