"""The regressors: how each is fitted, asked, explained and written in its own format."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import tree_models
from ml.rul.examples import Floats

_LINE = "linear.npz"
DEFAULTS: dict[str, dict[str, Any]] = {
    "xgboost": {"rounds": 200, "max_depth": 4, "eta": 0.05, "subsample": 0.8, "colsample_bytree": 0.5},
    "random_forest": {"n_estimators": 100, "min_samples_leaf": 5, "max_features": 0.3},
    "linear": {"penalty": 1.0},
}


@dataclass(frozen=True)
class Line:
    """Ridge regression on standardised features; a missing value counts as the mean."""

    centre: Floats
    scale: Floats
    weights: Floats
    level: Floats

    @classmethod
    def fit(cls, rows: Floats, life: Floats, penalty: float) -> Line:
        """In closed form; the penalty is in rows."""
        known = ~np.isnan(rows)
        count = np.maximum(known.sum(axis=0), 1)
        centre = np.where(known, rows, 0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, rows - centre, 0) ** 2).sum(axis=0) / count)
        scale = np.where(spread > 0, spread, 1.0)
        x = np.where(known, (rows - centre) / scale, 0.0)
        weights = np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (life - life.mean()))
        return cls(centre, scale, weights, np.array([life.mean()]))

    def parts(self, rows: Floats) -> Floats:
        """[row, feature] of what each adds to the level."""
        return np.nan_to_num((rows - self.centre) / self.scale) * self.weights


def fit(name: str, parameters: dict[str, Any], features: pd.DataFrame, life: Floats, seed: int) -> Any:
    """A regressor of these rows; the same rows, parameters and seed give the same bytes."""
    given = {**DEFAULTS[name], **parameters}
    if name == "linear":
        return Line.fit(features.to_numpy(np.float64), life, float(given["penalty"]))
    if name == "random_forest":
        from sklearn.ensemble import RandomForestRegressor

        return RandomForestRegressor(**given, random_state=seed, n_jobs=1).fit(features.to_numpy(np.float32), life)
    import xgboost

    rounds = int(given.pop("rounds"))
    fixed = {"objective": "reg:squarederror", "tree_method": "hist", "seed": seed, "nthread": 1}
    return xgboost.train({**fixed, **given}, tree_models.matrix(features, life), rounds)


def tell(estimator: Any, features: pd.DataFrame) -> Floats:
    """The remaining life; never below 0."""
    if isinstance(estimator, Line):
        told = estimator.level[0] + estimator.parts(features.to_numpy(np.float64)).sum(axis=1)
    elif tree_models.is_forest(estimator):
        told = estimator.predict(features.to_numpy(np.float32))
    else:
        told = estimator.predict(tree_models.matrix(features), validate_features=False)
    return np.maximum(np.asarray(told, dtype=np.float64), 0.0)


def contributions(estimator: Any, features: pd.DataFrame) -> Floats:
    """[row, feature]: what each adds to the remaining life. SHAP values of XGBoost; of a forest along its paths."""
    if isinstance(estimator, Line):
        return estimator.parts(features.to_numpy(np.float64))
    if not tree_models.is_forest(estimator):
        told = estimator.predict(tree_models.matrix(features), pred_contribs=True, validate_features=False)
        return np.asarray(told, dtype=np.float64)[:, :-1]
    rows = features.to_numpy(np.float32)
    out = np.zeros(rows.shape)
    for tree in estimator.estimators_:
        out += tree_models.along_paths(tree, rows, tree.tree_.value[:, 0, 0])
    return out / len(estimator.estimators_)


def importance(estimator: Any, names: list[str]) -> dict[str, float]:
    """The share of each feature: of gain, or of the standardised weights."""
    if isinstance(estimator, Line):
        return tree_models.shares(names, np.abs(estimator.weights).tolist())
    return tree_models.importance(estimator, names)


def save(estimator: Any, folder: Path) -> None:
    """XGBoost's JSON, a skops file, or arrays."""
    if isinstance(estimator, Line):
        held = io.BytesIO()
        np.savez(held, **vars(estimator))
        (folder / _LINE).write_bytes(held.getvalue())
    else:
        tree_models.save(estimator, folder)


def load(folder: Path) -> Any:
    """What `save` wrote."""
    if not (folder / _LINE).exists():
        return tree_models.load(folder)
    with np.load(folder / _LINE, allow_pickle=False) as held:
        return Line(**{name: held[name] for name in held.files})
