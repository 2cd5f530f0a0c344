"""Trains a model from a run's work files, or says why there is nothing to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import features, threshold
from ml.evaluate import Labelled, prepare
from ml.fit import Model, fit
from ml.history import History, load_history
from ml.labels import label
from ml.layout import Layout, learn_layout
from ml.spec import Spec


def train_model(folder: Path, spec: Spec) -> dict[str, Any]:
    """Write model.json into the folder. Gives trained, threshold, rows and failures of the training and test parts,
    and the training window; or trained false and the reason.
    """
    history = load_history(folder)
    reason = too_little(history, spec)
    if reason:
        return {"trained": False, "reason": reason}
    data = prepare(history, spec)
    parts, fails = data.parts, data.fails
    layout = learn_layout(history, spec, parts.train_until)
    table = features.build(history, layout)
    model = Model(
        fit(table[parts.train], fails[parts.train], layout, spec), spec, layout, _threshold(table, data, layout, spec)
    )
    model.save(folder / "model.json")
    # One row that tells the features' types, for the registry.
    table.loc[parts.train, layout.names].tail(3).to_parquet(folder / "example.parquet", index=False)
    return {
        "trained": True,
        "threshold": model.threshold,
        "train_rows": int(parts.train.sum()),
        "train_failures": data.failures(parts.train),
        "test_rows": int(parts.test.sum()),
        "test_failures": data.failures(parts.test),
        "train_from": _first(data).isoformat(),
        "train_until": parts.train_until.isoformat(),
        "test_from": parts.test_from.isoformat(),
    }


def _threshold(table: pd.DataFrame, data: Labelled, layout: Layout, spec: Spec) -> float:
    """Chosen on the folds' scores together: one slice alone may hold two failures, or none."""
    asked, scores = [], []
    for known, later in data.parts.folds:
        if not data.fails[known].any() or not later.any():
            continue
        trial = Model(fit(table[known], data.fails[known], layout, spec), spec, layout, threshold.UNDECIDED)
        asked.append(data.fails[later])
        scores.append(trial.probability(table[later]))
    return threshold.choose(np.concatenate(asked), np.concatenate(scores)) if asked else threshold.UNDECIDED


def too_little(history: History, spec: Spec) -> str:
    """Why nothing can be learned from a history, in one sentence; empty when something can."""
    known = label(history, spec.horizon_hours)["known"]
    if not known.any():
        return (
            f"The events stream does not reach {spec.horizon_hours} h beyond any reading, "
            "so it is not known of any what came after it."
        )
    data = prepare(history, spec)
    days = (data.history.readings["hour"][known].max() - _first(data)) / pd.Timedelta(days=1)
    if not data.parts.train.any() or not data.parts.test.any():
        return f"The history of {days:.1f} days is too short to train on one part and test on another."
    failures = data.failures(data.parts.train)
    if failures >= spec.split.minimum_failures:
        return ""
    span = f"the training data ({_first(data):%Y-%m-%d} to {data.parts.train_until:%Y-%m-%d})"
    if not failures:
        return f"No machine failed in {span}, so there is nothing to learn from."
    return f"Only {failures} of the {spec.split.minimum_failures} failures that the spec asks for are in {span}."


def _first(data: Labelled) -> pd.Timestamp:
    return pd.Timestamp(data.history.readings["hour"][data.labels["known"]].min())
