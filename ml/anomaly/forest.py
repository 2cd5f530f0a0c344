"""Isolation forest (Liu, Ting and Zhou 2008): a row that few random cuts part from the rest is strange."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import IsolationForest

from ml.anomaly.robust_z import Arrays
from ml.scores import Floats
from ml.skops_file import dumps, loads


@dataclass(frozen=True)
class Forest:
    """scikit-learn's forest, and the median of the rows it learned from."""

    trees: Any
    centre: Floats

    @classmethod
    def fit(cls, rows: Floats, seed: int, trees: int = 100, sample: int = 256) -> Forest:
        """From normal rows × channels."""
        forest = IsolationForest(n_estimators=trees, max_samples=min(sample, len(rows)), random_state=seed, n_jobs=1)
        return cls(forest.fit(rows), np.median(rows, axis=0))

    def expected(self, rows: Floats) -> Floats:
        """The median of each channel: a forest estimates nothing."""
        return np.broadcast_to(self.centre, rows.shape)

    def strangeness(self, rows: Floats) -> Floats:
        """Liu's anomaly score, 2 to the power of minus path length over its mean: 0-1."""
        if not len(rows):  # a machine with no anomaly to explain; scikit-learn refuses to be asked nothing
            return np.zeros(0)
        return np.asarray(-self.trees.score_samples(rows), dtype=np.float64)

    def surprise(self, rows: Floats) -> Floats:
        """By channel, how much less strange the row would be with that channel at its median."""
        out = np.empty_like(rows)
        whole = self.strangeness(rows)
        for channel in range(rows.shape[1]):
            usual = rows.copy()
            usual[:, channel] = self.centre[channel]
            out[:, channel] = np.maximum(whole - self.strangeness(usual), 0.0)
        return out

    def arrays(self) -> Arrays:
        """All that `load` needs; the trees are skops' own bytes."""
        return {"centre": self.centre, "trees": np.frombuffer(dumps(self.trees), dtype=np.uint8)}

    @classmethod
    def load(cls, arrays: Arrays) -> Forest:
        """What `arrays` gave."""
        return cls(loads(arrays["trees"].tobytes()), arrays["centre"])
