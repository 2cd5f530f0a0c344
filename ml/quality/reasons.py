"""Why a piece is expected to be bad: the features that speak for a defect, or for its being good where none is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.quality import estimators
from ml.quality.choose import Chosen
from ml.quality.trees import Trees
from ml.scores import Floats

MOST = 5


def reasons(chosen: Chosen, frame: pd.DataFrame, classes: int) -> list[list[dict[str, Any]]]:
    """For each piece its features by how much they raise a defect, the greatest first.

    Each: feature, label, value (null when missing), contribution: of XGBoost, SHAP in log-odds, that of the likeliest
    defect less that of the good class; of forests alone, what each adds to the probability of a defect.
    """
    rows = chosen.layout.build(frame)
    effect = _effect(chosen, rows, classes)
    return [
        [
            {
                "feature": name,
                "label": chosen.layout.names[at],
                "value": value,
                "contribution": round(float(effect[number, at]), 4),
            }
            for at in np.argsort(-effect[number], kind="stable")[:MOST]
            for name, value in [chosen.layout.said(int(at), frame.iloc[number])]
        ]
        for number in range(len(frame))
    ]


def _effect(chosen: Chosen, rows: Floats, classes: int) -> Floats:
    booster = next((one for one in chosen.estimators if not isinstance(one, Trees)), None)
    if booster is not None:
        said = np.mean([estimators.probability(one, rows) for one in chosen.estimators], axis=0)
        values = estimators.contributions(booster, rows, classes)
        worst = 1 + said[:, 1:].argmax(axis=1)
        return np.asarray(values[np.arange(len(rows)), worst] - values[:, 0], dtype=np.float64)
    return np.asarray(np.mean([one.contributions(rows) for one in chosen.estimators], axis=0), dtype=np.float64)
