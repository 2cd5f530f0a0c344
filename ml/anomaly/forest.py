"""Isolation forest (Liu, Ting and Zhou 2008): a row that few random cuts part from the rest is strange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import skops.io
from sklearn.ensemble import IsolationForest

from ml.anomaly.robust_z import Arrays
from ml.scores import Floats

TREES = 100


@dataclass(frozen=True)
class Forest:
    """scikit-learn's forest, and the median of the rows it learned from."""

    trees: Any
    centre: Floats

    @classmethod
    def fit(cls, rows: Floats, seed: int) -> Forest:
        """From normal rows × channels."""
        trees = IsolationForest(n_estimators=TREES, max_samples=min(256, len(rows)), random_state=seed, n_jobs=1)
        return cls(trees.fit(rows), np.median(rows, axis=0))

    def expected(self, rows: Floats) -> Floats:
        """The median of each channel: a forest estimates nothing."""
        return np.broadcast_to(self.centre, rows.shape)

    def strangeness(self, rows: Floats) -> Floats:
        """Liu's anomaly score, 2 to the power of minus path length over its mean: 0-1."""
        return np.asarray(-self.trees.score_samples(rows), dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs; the trees are skops' own bytes."""
        return {"centre": self.centre, "trees": np.frombuffer(skops.io.dumps(self.trees), dtype=np.uint8)}

    @classmethod
    def load(cls, arrays: Arrays) -> Forest:
        """What `arrays` gave; nothing in it is executed, and types that skops does not know are refused."""
        return cls(skops.io.loads(arrays["trees"].tobytes()), arrays["centre"])
