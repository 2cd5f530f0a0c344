"""XGBoost: fit with a threshold from machines it has not seen, score, and say which features weighed most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb
from sklearn.model_selection import GroupKFold

from ml.evaluate import best_threshold
from ml.spec import Spec

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Fitted:
    """A booster and the score at and above which it predicts a failure."""

    booster: xgb.Booster
    threshold: float


def fit(rows: pd.DataFrame, labels: pd.Series, columns: list[str], spec: Spec) -> Fitted:
    """Fit on all rows; the threshold comes from out-of-fold scores, machine by machine.

    `rows` has equipment_id and the feature `columns`. Two fits with one seed give the same bytes.
    """
    machines = rows["equipment_id"]
    scores = np.zeros(len(rows))
    folds = GroupKFold(min(spec.split.folds, machines.nunique()))
    for fitting, held_back in folds.split(rows, labels, machines):
        booster = _booster(rows.iloc[fitting][columns], labels.iloc[fitting], spec)
        scores[held_back] = score(booster, rows.iloc[held_back])
    return Fitted(_booster(rows[columns], labels, spec), best_threshold(labels.to_numpy(np.float64), scores))


def _booster(features: pd.DataFrame, labels: pd.Series, spec: Spec) -> xgb.Booster:
    fixed = {"objective": "binary:logistic", "tree_method": "hist", "nthread": 2, "seed": spec.seed}
    return xgb.train({**spec.algorithm.params, **fixed}, xgb.DMatrix(features, labels), spec.algorithm.rounds)


def score(booster: xgb.Booster, rows: pd.DataFrame) -> Floats:
    """Probability of a failure for each row; a feature the rows lack is unknown."""
    matrix = xgb.DMatrix(rows.reindex(columns=booster.feature_names))
    return np.asarray(booster.predict(matrix), np.float64)


def factors(booster: xgb.Booster, rows: pd.DataFrame, most: int = 5) -> list[list[dict[str, Any]]]:
    """For each row the features that raise its score most, by exact tree SHAP values in log-odds (Lundberg 2018)."""
    names = list(booster.feature_names or [])
    values = rows.reindex(columns=names)
    contributions = booster.predict(xgb.DMatrix(values), pred_contribs=True)[:, :-1]
    found = []
    for row, weights in zip(values.to_numpy(np.float64), contributions, strict=True):
        order = np.argsort(-weights)[:most]
        found.append(
            [
                {
                    "feature": names[i],
                    "label": label(names[i]),
                    "value": None if np.isnan(row[i]) else round(float(row[i]), 4),
                    "contribution": round(float(weights[i]), 4),
                }
                for i in order
                if weights[i] > 0
            ]
        )
    return found


def label(feature: str) -> str:
    """A feature's name as a person says it."""
    if feature.startswith("errors_"):
        return f"{feature.removeprefix('errors_').removesuffix('_24h')} in the last 24 h"
    if feature.startswith("hours_since_maintenance_"):
        return f"hours since maintenance of {feature.removeprefix('hours_since_maintenance_')}"
    if feature.endswith("_trend"):
        return f"trend of {feature.removesuffix('_trend')}"
    parts = feature.rsplit("_", 2)
    if len(parts) == 3 and parts[2].endswith("h") and parts[2][:-1].isdigit():
        words = {"mean": "mean", "std": "variation", "min": "lowest", "max": "highest"}
        return f"{words.get(parts[1], parts[1])} {parts[0]} over {parts[2][:-1]} h"
    return feature.replace("_", " ")
