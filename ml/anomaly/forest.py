"""Isolation forest (Liu, Ting and Zhou 2008): a row that few random cuts part from the rest is strange."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sklearn.ensemble import IsolationForest
from sklearn.ensemble._iforest import _average_path_length

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
        # As `-trees.score_samples(rows)`, to the bit, whose checks and threads cost 20 times as much of a single row.
        at, length = np.ascontiguousarray(rows, dtype=np.float32), np.zeros(len(rows))
        for tree, by_leaf in self._paths:
            length += by_leaf[tree.apply(at)]
        # No path has a length where one row was learned.
        share = np.divide(length, self._usual, out=np.ones_like(length), where=self._usual != 0)
        return np.asarray(2**-share, dtype=np.float64)

    @cached_property
    def _paths(self) -> list[tuple[Any, Floats]]:
        """Each tree, and by its leaves the path length of a row that ends there."""
        known = zip(
            self.trees.estimators_,
            self.trees._decision_path_lengths,
            self.trees._average_path_length_per_tree,
            strict=True,
        )
        return [(each.tree_, nodes + below - 1.0) for each, nodes, below in known]

    @cached_property
    def _usual(self) -> float:
        """The mean path length over all trees together."""
        return float(len(self._paths) * _average_path_length([self.trees._max_samples])[0])

    def surprise(self, rows: Floats) -> Floats:
        """By channel, how much less strange the row would be with that channel at its median."""
        count, channels = rows.shape
        asked = np.tile(rows, (channels + 1, 1))  # as they are, then with one channel after the other at its median
        for channel in range(channels):
            asked[(channel + 1) * count : (channel + 2) * count, channel] = self.centre[channel]
        found = self.strangeness(asked).reshape(channels + 1, count)
        return np.asarray(np.maximum(found[0] - found[1:], 0.0).T, dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs; the trees are skops' own bytes."""
        return {"centre": self.centre, "trees": np.frombuffer(dumps(self.trees), dtype=np.uint8)}

    @classmethod
    def load(cls, arrays: Arrays) -> Forest:
        """What `arrays` gave."""
        return cls(loads(arrays["trees"].tobytes()), arrays["centre"])
