"""What XGBoost's boosters and scikit-learn's forests have in common here: their files, and which features they use."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml import skops_file
from ml.scores import Floats

_BOOSTER, _FOREST = "booster.json", "forest.skops"


def is_forest(estimator: Any) -> bool:
    """Whether it is one of scikit-learn's."""
    return hasattr(estimator, "estimators_")


def matrix(features: pd.DataFrame, label: Any = None, weight: Any = None, threads: int = 1) -> Any:
    """XGBoost's matrix, without names: it refuses those with [, ] or <, and channels are called `Temperature [K]`."""
    import xgboost

    return xgboost.DMatrix(features.to_numpy(np.float32), label, weight=weight, nthread=threads)


def importance(estimator: Any, names: list[str]) -> dict[str, float]:
    """The share of each feature in a booster's gain, or in a forest's purity."""
    if is_forest(estimator):
        return shares(names, estimator.feature_importances_.tolist())
    gain = estimator.get_score(importance_type="total_gain")
    own = estimator.feature_names or [f"f{number}" for number in range(len(names))]
    return shares(names, [float(gain.get(name, 0.0)) for name in own])


def shares(names: list[str], weights: list[float]) -> dict[str, float]:
    """By name, weights that add up to 1."""
    total = sum(weights) or 1.0
    return {name: weight / total for name, weight in zip(names, weights, strict=True)}


def along_paths(tree: Any, rows: NDArray[np.float32], values: Floats) -> Floats:
    """[row, feature]: what each feature adds to a fitted tree's answer along the row's path (Palczewska et al., 2013).

    `values` has what each node says; every path begins with that of the root.
    """
    found, out = tree.decision_path(rows), np.zeros(rows.shape)
    for row in range(len(rows)):
        nodes = found.indices[found.indptr[row] : found.indptr[row + 1]]
        np.add.at(out[row], tree.tree_.feature[nodes[:-1]], np.diff(values[nodes]))
    return out


def save(estimator: Any, folder: Path) -> None:
    """XGBoost's JSON, or a skops file."""
    if is_forest(estimator):
        (folder / _FOREST).write_bytes(skops_file.dumps(estimator))
    else:
        estimator.save_model(folder / _BOOSTER)


def load(folder: Path) -> Any:
    """What `save` wrote."""
    if (folder / _FOREST).exists():
        return skops_file.loads((folder / _FOREST).read_bytes())
    import xgboost

    return xgboost.Booster(model_file=folder / _BOOSTER)
