"""Task `anomaly`: what is not as usual?"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.anomaly import plots
from ml.anomaly.calibration import too_short
from ml.anomaly.data import MACHINE, TEST, TIME, before_test, parts, read
from ml.anomaly.evaluate import judge_model, metrics
from ml.anomaly.fit import learn
from ml.anomaly.model import AnomalyModel, example, load_model
from ml.anomaly.naive import judge_naive
from ml.anomaly.predict import predictions
from ml.data import Data
from ml.scores import Floats
from ml.sources.all_there import all_there
from ml.sources.times import shown
from ml.spec.anomaly import AnomalySpec
from ml.task import Judged

log = logging.getLogger(__name__)


class AnomalyTask:
    """See ml.task.Task."""

    def read(self, spec: AnomalySpec, newest: bool = False) -> Data:
        """One frame of readings; see ml.anomaly.data."""
        return read(spec, newest)

    def too_little(self, data: Data, spec: AnomalySpec) -> str:
        """Why nothing can be learned, in one sentence; empty when something can."""
        frame = data.frames["readings"]
        if not (parts(frame, spec) == TEST).any():
            return f"No row of {spec.place} is left to test on: see split."
        counts = frame.loc[before_test(frame, spec), MACHINE].value_counts()
        if not len(counts):
            return f"No row of {spec.place} before the test is normal operation: see split, label, normal and abnormal."
        enough = counts.sum() if spec.pooled else counts.max()
        if enough < spec.minimum_rows:
            whose = "There are" if spec.pooled else "The machine with most has"
            return f"{whose} {enough} rows of normal operation before the test; minimum_rows = {spec.minimum_rows}."
        return ""

    def fit(self, data: Data, spec: AnomalySpec) -> AnomalyModel:
        """A model of the normal rows before the test; what is learned of one machine needs minimum_rows of it."""
        frame, channels = data.frames["readings"], tuple(data.about["channels"])
        learned = frame[before_test(frame, spec)]
        counts = learned[MACHINE].value_counts()
        known = counts.index if spec.pooled else counts.index[counts >= spec.minimum_rows]
        groups = learned[learned[MACHINE].isin(known)].groupby(MACHINE, sort=True)
        series = {str(machine): part[list(channels)].to_numpy(np.float64) for machine, part in groups}
        normal, compared = learn(series, channels, spec)
        rows = sum(map(len, series.values()))
        if short := too_short(rows, spec):
            log.warning(short)
        reference = next(iter(normal.references.values()))
        described: dict[str, Any] = {
            **compared,
            "threshold": 1 - spec.false_positive_rate,
            "wandering_channels": ", ".join(n for n, rate in zip(channels, reference.rates, strict=True) if rate > 0),
            "machines": len(series),
            "machines_left_out": ", ".join(sorted(set(frame[MACHINE]) - set(series))[:50]),
            "train_rows": rows,
            "calibration": short,
            "train_from": shown(learned[TIME].min()),
            "train_until": shown(learned[TIME].max()),
        }
        return AnomalyModel(spec, normal, described, example(learned, channels, spec))

    def load(self, folder: Path) -> AnomalyModel:
        """What `save` wrote."""
        return load_model(folder)

    def evaluate(self, model: AnomalyModel, data: Data, spec: AnomalySpec) -> Judged:
        """On the test rows; see ml.anomaly.evaluate."""
        return judge_model(model, data, spec)

    def baseline(self, data: Data, spec: AnomalySpec) -> tuple[str, Judged]:
        """Three deviations from the mean or, where labels are known, an alarm that never ends."""
        return judge_naive(data, spec)

    def score(self, rows: pd.DataFrame, weight: Floats, spec: AnomalySpec) -> float:
        """The metric of promotion; turned round where lower is better."""
        sign = -1.0 if spec.promote.metric in spec.LOWER_IS_BETTER else 1.0
        return sign * metrics(rows, weight, spec.false_positive_rate).get(spec.promote.metric, float("nan"))

    def plots(self, model: AnomalyModel, data: Data, judged: Judged, folder: Path) -> None:
        """Scores over time, calibration, channels, and curves where labels are."""
        plots.draw(model, data, judged, folder)

    def predict(self, model: AnomalyModel, data: Data, spec: AnomalySpec) -> pd.DataFrame:
        """Rows for `ml.anomalies` of the newest readings."""
        all_there(spec.source.place, data.about["channels"], model.normal.channels)
        return predictions(model, data.frames["readings"], spec.judge)


TASK = AnomalyTask()
