"""The classifiers: fitted, asked, and written in their own formats."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.quality.trees import Trees
from ml.scores import Floats

Labels = NDArray[np.int64]
DEFAULTS: dict[str, dict[str, Any]] = {
    "xgboost": {"rounds": 300, "eta": 0.05, "max_depth": 6, "subsample": 0.8, "colsample_bytree": 0.8},
    "random_forest": {"trees": 300, "max_features": 0.4},
    "extra_trees": {"trees": 300, "max_features": 0.5},
}


def fit(name: str, parameters: dict[str, Any], rows: Floats, labels: Labels, classes: int, seed: int) -> Any:
    """A classifier of `classes` classes, given as 0, 1, …; the same rows and seed give the same."""
    given = {**DEFAULTS[name], **parameters}
    if name == "xgboost":
        import xgboost

        several = {"objective": "multi:softprob", "num_class": classes}
        fixed = {"tree_method": "hist", "seed": seed, "nthread": 1} | (
            several if classes > 2 else {"objective": "binary:logistic"}
        )
        count = int(given.pop("rounds"))
        return xgboost.train({**fixed, **given}, xgboost.DMatrix(rows, labels, nthread=1), count)
    from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

    kind = ExtraTreesClassifier if name == "extra_trees" else RandomForestClassifier
    count = int(given.pop("trees"))
    forest = kind(n_estimators=count, random_state=seed, n_jobs=1, **given).fit(rows.astype(np.float32), labels)
    trees = Trees.of(forest)
    # A class that none of these rows has would otherwise have no column.
    shares = np.zeros((len(trees.shares), classes), dtype=np.float32)
    shares[:, forest.classes_.astype(int)] = trees.shares
    return Trees(**{**trees.__dict__, "shares": shares})


def probability(estimator: Any, rows: Floats) -> Floats:
    """Rows × classes."""
    if isinstance(estimator, Trees):
        return estimator.probability(rows)
    import xgboost

    said = np.asarray(estimator.predict(xgboost.DMatrix(rows, nthread=1)), dtype=np.float64)
    return said if said.ndim == 2 else np.stack([1 - said, said], axis=1)


def contributions(estimator: Any, rows: Floats, classes: int) -> Floats:
    """SHAP values, rows × classes × features, in log-odds of each class; of XGBoost only."""
    import xgboost

    said = np.asarray(estimator.predict(xgboost.DMatrix(rows, nthread=1), pred_contribs=True), dtype=np.float64)
    if said.ndim == 2:
        said = np.stack([-said, said], axis=1)
    return said[:, :, :-1].reshape(len(rows), classes, -1)


def save(estimator: Any, folder: Path, number: int) -> None:
    """XGBoost's JSON, or a forest's arrays."""
    if isinstance(estimator, Trees):
        np.savez_compressed(folder / f"{number}.npz", **estimator.arrays())  # type: ignore[arg-type]
    else:
        estimator.save_model(folder / f"{number}.json")


def load(folder: Path, number: int) -> Any:
    """What `save` wrote."""
    if (folder / f"{number}.npz").exists():
        with np.load(folder / f"{number}.npz", allow_pickle=False) as packed:
            return Trees.load({name: packed[name] for name in packed.files})
    import xgboost

    return xgboost.Booster(model_file=folder / f"{number}.json")
