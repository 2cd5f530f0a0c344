"""Judges a model, and the naive rules, on the test part: by row and by event."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.failure import alarms, features, naive
from ml.failure.examples import Examples
from ml.failure.model import Model
from ml.scores import Floats, average_precision, by_row, f1, roc_auc
from ml.spec.failure import FailureSpec
from ml.spec.span import hours
from ml.task import Judged


def evaluate(model: Model, data: Examples, spec: FailureSpec) -> Judged:
    """A model's scores on the test part."""
    table = features.build(data.history, model.layout, model.spec)
    return judged(data, model.probability(table[data.parts.test]), model.threshold, spec)


def baseline(data: Examples, spec: FailureSpec) -> tuple[str, Judged]:
    """The naive rule that scores best on the test part by the spec's metric."""
    window = hours(spec.events_windows[0])
    rules = naive.rules(data.history, window, data.parts.train, data.parts.test, data.fails)
    found = {name: judged(data, said, level, spec) for name, (said, level) in rules.items()}
    best = max(found, key=lambda name: np.nan_to_num(found[name].metrics[spec.promote.metric], nan=-1.0))
    return best, found[best]


def judged(data: Examples, said: Floats, level: float, spec: FailureSpec) -> Judged:
    """Scores of what was said of the test part's rows."""
    rows = data.rows(data.parts.test)
    fails, predicted = rows["fails"].to_numpy(dtype=bool), said >= level
    metrics = {
        **by_row(fails, said, level),
        **alarms.by_event(rows, predicted, spec.horizon_hours, hours(spec.step)),
        "brier": float(np.mean((np.clip(said, 0, 1) - fails) ** 2)),
        "threshold": level,
    }
    return Judged(metrics, alarms.blocks(rows).assign(said=said, predicted=predicted))


def score(rows: pd.DataFrame, weight: Floats, spec: FailureSpec) -> float:
    """The spec's metric of weighted rows; average precision where the metric is one of events."""
    fails, said = rows["fails"].to_numpy(dtype=bool), rows["said"].to_numpy(np.float64)
    if spec.promote.metric == "roc_auc":
        return roc_auc(np.repeat(fails, weight.astype(int)), np.repeat(said, weight.astype(int)))
    if spec.promote.metric == "f1":
        return f1(fails, rows["predicted"].to_numpy(dtype=bool), weight)
    if spec.promote.metric == "brier":
        return -float(np.average((np.clip(said, 0, 1) - fails) ** 2, weights=weight))
    return average_precision(fails, said, weight)
