"""Intervals by a bootstrap that draws whole failures and machine-days, since rows of one event are not independent."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.alarms import blocks
from ml.scores import Floats, Mask, average_precision, f1


def intervals(
    rows: pd.DataFrame, fails: Mask, probability: Floats, threshold: float, samples: int, seed: int
) -> dict[str, tuple[float, float]]:
    """95 % intervals (2.5th and 97.5th percentile) of average_precision and f1; empty without a failure.

    `rows`: equipment_id, time, next_failure. As many failures and as many machine-days are drawn as there are.
    """
    block, failures = blocks(rows, fails)
    if not failures or not samples:
        return {}
    random = np.random.default_rng(seed)
    total = int(block.max()) + 1
    predicted = probability >= threshold
    found: dict[str, list[float]] = {"average_precision": [], "f1": []}
    for _ in range(samples):
        drawn = np.concatenate(
            [random.integers(0, failures, failures), random.integers(failures, total, total - failures)]
            if total > failures
            else [random.integers(0, failures, failures)]
        )
        weight = np.bincount(drawn, minlength=total)[block].astype(np.float64)
        found["average_precision"].append(average_precision(fails, probability, weight))
        found["f1"].append(f1(fails, predicted, weight))
    return {
        name: (float(np.percentile(values, 2.5)), float(np.percentile(values, 97.5))) for name, values in found.items()
    }
