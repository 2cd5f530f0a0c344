"""Chooses a candidate, its calibration and its threshold on the validation part, and fits it on the training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.failure import estimators, features, history, threshold
from ml.failure.calibration import calibrate
from ml.failure.examples import Examples
from ml.failure.layout import learn_layout
from ml.failure.model import BROKEN, EXPOSED, Model
from ml.failure.schedule import within
from ml.failure.split import Mask
from ml.scores import Floats, average_precision, roc_auc
from ml.spec.failure import FailureSpec


@dataclass(frozen=True)
class Trial:
    """One candidate with one setting, and what it said of rows that it had not seen."""

    name: str
    parameters: dict[str, Any]
    score: float
    asked: Mask  # which rows of the history
    said: Floats


def choose(data: Examples, spec: FailureSpec) -> Model:
    """The candidate that ranks the rows of all validation folds best; each fold is asked of a model of what was before.

    The folds' scores are put together: one slice alone may hold two failures, or none.
    """
    layout = learn_layout(data.history, spec, data.parts.train_until)
    built = features.build(data.history, layout, spec)
    table, works = built[layout.names], ~built[BROKEN].to_numpy(dtype=bool)
    told = works & ~data.forestalled if spec.heed_schedule else works
    trials = [
        _trial(candidate.name, parameters, table, works, told, data, spec)
        for candidate in spec.candidates
        for parameters in candidate.settings()
    ]
    best = max(trials, key=lambda trial: trial.score)  # the first of equals
    known = told[best.asked] if spec.heed_schedule else np.ones(len(best.said), dtype=bool)
    calibration = calibrate(data.fails[best.asked][known], best.said[known])
    said = calibration(best.said)
    if layout.service_hours is not None:
        said = within(said, built.loc[best.asked, EXPOSED].to_numpy(np.float64))
    level = threshold.choose(data.rows(best.asked), said, spec)
    learned = data.thinned(data.parts.train & told, spec)
    fitted = estimators.fit(best.name, best.parameters, table[learned], data.fails[learned], spec.seed)
    needed = [BROKEN, *([] if layout.service_hours is None else [EXPOSED]), *layout.names]
    example = built.loc[data.parts.train, needed].tail(3).reset_index(drop=True)
    return Model(fitted, spec, layout, calibration, level, _about(best, len(trials), data), example)


def _trial(
    name: str,
    parameters: dict[str, Any],
    table: pd.DataFrame,
    works: Mask,
    told: Mask,
    data: Examples,
    spec: FailureSpec,
) -> Trial:
    asked, said = np.zeros(len(table), dtype=bool), np.zeros(len(table))
    for known, later in data.parts.folds:
        learned = data.thinned(known & told, spec)
        if not data.fails[learned].any() or not later.any():
            continue
        fitted = estimators.fit(name, parameters, table[learned], data.fails[learned], spec.seed)
        said[later] = estimators.probability(fitted, table[later])
        asked |= later
    said *= works
    fails = data.fails[asked]
    score = roc_auc(fails, said[asked]) if spec.promote.metric == "roc_auc" else average_precision(fails, said[asked])
    return Trial(name, parameters, -1.0 if np.isnan(score) else score, asked, said[asked])


def _about(best: Trial, trials: int, data: Examples) -> dict[str, Any]:
    parts = data.parts
    return {
        "candidate": best.name,
        **best.parameters,
        "trials": trials,
        "validation_score": best.score,
        "train_rows": int(parts.train.sum()),
        "train_failures": data.failures(parts.train),
        "test_rows": int(parts.test.sum()),
        "test_failures": data.failures(parts.test),
        "train_from": history.said(data.first, data.history.counter),
        "train_until": history.said(parts.train_until, data.history.counter),
        "test_from": history.said(parts.test_from, data.history.counter),
    }
