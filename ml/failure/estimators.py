"""The algorithms: how each is fitted, asked and explained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.scores import Floats, Mask
from ml.tree_models import along_paths, is_forest, matrix

DEFAULTS: dict[str, dict[str, Any]] = {
    "xgboost": {"rounds": 300, "max_depth": 4, "eta": 0.05, "balance": 0, "threads": 1},
    "random_forest": {"n_estimators": 200, "min_samples_leaf": 5, "balance": 0},
}


def fit(name: str, parameters: dict[str, Any], features: pd.DataFrame, fails: Mask, seed: int) -> Any:
    """An estimator fitted on these rows; the same rows, parameters and seed give the same bytes.

    `balance` b weighs a failing row (others/failing)^b times: 0 leaves them as rare as they are, 1 makes both classes
    weigh the same. Probabilities are calibrated afterwards.
    """
    given = {**DEFAULTS[name], **parameters}
    weight = weights(fails, float(given.pop("balance")))
    if name == "random_forest":
        from sklearn.ensemble import RandomForestClassifier

        forest = RandomForestClassifier(**given, random_state=seed, n_jobs=1)
        return forest.fit(features.to_numpy(np.float32), fails.astype(np.int8), sample_weight=weight)
    import xgboost

    rounds, threads = int(given.pop("rounds")), int(given.pop("threads"))
    fixed = {"objective": "binary:logistic", "tree_method": "hist", "seed": seed, "nthread": threads}
    return xgboost.train({**fixed, **given}, matrix(features, fails, weight, threads), rounds)


def weights(fails: Mask, balance: float) -> Floats:
    """One weight per row."""
    failing = max(int(fails.sum()), 1)
    return np.where(fails, (max(len(fails) - failing, 1) / failing) ** balance, 1.0)


def probability(estimator: Any, features: pd.DataFrame) -> Floats:
    """Of a failure within the horizon, before calibration."""
    if is_forest(estimator):
        return _votes(estimator, np.ascontiguousarray(features.to_numpy(np.float32)))
    # In place: a DMatrix of a frame is made column by column, which costs a single row ten times its prediction.
    said = estimator.inplace_predict(features.to_numpy(np.float32), validate_features=False)
    return np.asarray(said, dtype=np.float64)


def _votes(forest: Any, rows: NDArray[np.float32]) -> Floats:
    """What `predict_proba` gives, to the last bit, without what it prepares for each tree: 10 ms of a single row."""
    total = np.zeros(len(rows))
    for tree in forest.estimators_:
        total += tree.tree_.predict(rows)[:, 1]
    return np.asarray(total / len(forest.estimators_))


def contributions(estimator: Any, features: pd.DataFrame) -> Floats:
    """What each feature adds, by row and feature; the last column is the bias all rows share.

    Of XGBoost: SHAP values in log-odds. Of a forest: how the share of failures changes along each tree's path, in
    probability. Rows add up to the prediction.
    """
    if not is_forest(estimator):
        told = estimator.predict(matrix(features), pred_contribs=True, validate_features=False)
        return np.asarray(told, dtype=np.float64)
    rows = features.to_numpy(np.float32)
    out = np.zeros((len(rows), rows.shape[1] + 1))
    for tree in estimator.estimators_:
        inner = tree.tree_
        share = inner.value[:, 0, 1] / inner.value[:, 0, :].sum(axis=1)
        out[:, :-1] += along_paths(tree, rows, share)
        out[:, -1] += share[0]
    return out / len(estimator.estimators_)
