"""A fitted forest as plain arrays: loaded in no time, asked of one piece in a fraction of a millisecond."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ml.scores import Floats

Arrays = dict[str, NDArray[Any]]
_CHUNK = 4096  # rows: memory is rows × trees


@dataclass(frozen=True)
class Trees:
    """All trees' nodes one behind the other; a leaf is its own child. `shares`: node × class."""

    roots: NDArray[np.int32]
    feature: NDArray[np.int32]
    limit: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    shares: NDArray[np.float32]
    depth: int

    @classmethod
    def of(cls, forest: Any) -> Trees:
        """From scikit-learn's random forest or extra trees."""
        trees = [one.tree_ for one in forest.estimators_]
        counts = [tree.node_count for tree in trees]
        begins = np.concatenate([[0], np.cumsum(counts)[:-1]]).astype(np.int32)
        children: list[list[NDArray[np.int32]]] = [[], []]
        for tree, begin in zip(trees, begins, strict=True):
            own = np.arange(begin, begin + tree.node_count, dtype=np.int32)
            for side, found in enumerate((tree.children_left, tree.children_right)):
                children[side].append(np.where(found < 0, own, found + begin).astype(np.int32))
        shares = [tree.value[:, 0, :] / tree.value[:, 0, :].sum(axis=1, keepdims=True) for tree in trees]
        return cls(
            begins,
            np.concatenate([np.maximum(tree.feature, 0) for tree in trees]).astype(np.int32),
            np.concatenate([tree.threshold for tree in trees]).astype(np.float64),
            np.concatenate(children[0]),
            np.concatenate(children[1]),
            np.concatenate([tree.missing_go_to_left for tree in trees]).astype(bool),
            np.concatenate(shares).astype(np.float32),
            max(tree.max_depth for tree in trees),
        )

    def probability(self, rows: Floats) -> Floats:
        """Rows × classes: the mean of the trees' shares."""
        chunks = np.array_split(rows.astype(np.float32), max(-(-len(rows) // _CHUNK), 1))
        return np.concatenate([self._of(chunk) for chunk in chunks])

    def _of(self, rows: NDArray[np.float32]) -> Floats:
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        row = np.arange(len(rows))[:, None]
        for _ in range(self.depth):
            at = self._next(rows, row, at)
        return np.asarray(self.shares[at].mean(axis=1, dtype=np.float64), dtype=np.float64)

    def _next(self, rows: NDArray[np.float32], row: Any, at: Any) -> Any:
        values = rows[row, self.feature[at]]
        goes_left = np.where(np.isnan(values), self.missing_left[at], values <= self.limit[at])
        return np.where(goes_left, self.left[at], self.right[at])

    def contributions(self, rows: Floats) -> Floats:
        """Rows × features: how much each raises the probability of any class but the first, along the trees' paths.

        With the trees' mean at their roots they add up to the probability (Palczewska et al. 2013).
        """
        asked, bad = rows.astype(np.float32), 1.0 - self.shares[:, 0].astype(np.float64)
        out = np.zeros(rows.shape)
        row = np.arange(len(rows))[:, None]
        at = np.broadcast_to(self.roots, (len(rows), len(self.roots)))
        for _ in range(self.depth):
            after = self._next(asked, row, at)
            np.add.at(out, (np.broadcast_to(row, at.shape), self.feature[at]), bad[after] - bad[at])
            at = after
        return out / max(len(self.roots), 1)

    def arrays(self) -> Arrays:
        """All that `load` needs."""
        return {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}

    @classmethod
    def load(cls, arrays: Arrays) -> Trees:
        """What `arrays` gave. Raises ValueError when a node points outside."""
        nodes = len(arrays["feature"])
        for name in ("roots", "left", "right"):
            if len(arrays[name]) and not (arrays[name].min() >= 0 and arrays[name].max() < nodes):
                raise ValueError(f"the model's file is broken: {name} points outside its {nodes} nodes")
        found: dict[str, Any] = {**arrays, "depth": int(arrays["depth"])}
        return cls(**found)
