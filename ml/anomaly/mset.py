"""Multivariate state estimation (MSET): a row is estimated from remembered normal rows that are like it.

Estimate = Dᵀw, w = (D ⊗ D)⁻¹ (D ⊗ x), where a ⊗ b = 1 / (1 + |a − b|) and D are the remembered rows (Gross, Singer et
al. 1997). What is left over, squared and weighed by how well each channel is usually estimated, is the strangeness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.anomaly.robust_z import Arrays
from ml.scores import Floats

_CHUNK = 20_000


@dataclass(frozen=True)
class Mset:
    """Remembered normal rows, the inverse of their likeness, and the usual squared residual of each channel."""

    memory: Floats
    ridge: float
    inverse: Floats
    usual: Floats

    @classmethod
    def fit(cls, rows: Floats, seed: int, memory: int = 200, ridge: float = 1e-2) -> Mset:
        """From normal rows × channels, of which at most `memory` and the extremes are remembered.

        The others tell what residuals are usual. Without the ridge two rows almost alike make the inverse explode.
        """
        order = np.random.default_rng(seed).permutation(len(rows))
        kept = min(memory, max(len(rows) * 2 // 3, 1))
        remembered = rows[np.union1d(_extremes(rows), order[:kept])]
        inverse = _inverse(remembered, ridge)
        fitted = cls(remembered, ridge, inverse, np.ones(rows.shape[1]))
        aside = rows[order[kept:]] if kept < len(rows) else rows
        return cls(remembered, ridge, inverse, np.maximum(((aside - fitted.expected(aside)) ** 2).mean(axis=0), 1e-6))

    def expected(self, rows: Floats) -> Floats:
        """What the remembered rows say this row should be."""
        estimates = []
        for chunk in np.array_split(rows, max(len(rows) // _CHUNK, 1)):
            weights = _likeness(chunk, self.memory) @ self.inverse
            # Weights that sum to one estimate a constant as itself.
            total = weights.sum(axis=1, keepdims=True)
            estimates.append((weights / np.where(np.abs(total) < 1e-6, 1.0, total)) @ self.memory)
        return np.concatenate(estimates)

    def strangeness(self, rows: Floats) -> Floats:
        """Mean of the channels' squared residuals, each as a multiple of its usual one."""
        return np.asarray(self.surprise(rows).mean(axis=1), dtype=np.float64)

    def surprise(self, rows: Floats) -> Floats:
        """By channel, its squared residual as a multiple of its usual one."""
        return np.asarray((rows - self.expected(rows)) ** 2 / self.usual, dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs; the inverse, many times their size, is made again."""
        return {"memory": self.memory, "ridge": np.array(self.ridge), "usual": self.usual}

    @classmethod
    def load(cls, arrays: Arrays) -> Mset:
        """What `arrays` gave."""
        memory, ridge = arrays["memory"], float(arrays["ridge"])
        return cls(memory, ridge, _inverse(memory, ridge), arrays["usual"])


def _extremes(rows: Floats) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Rows at which a channel is least or greatest: the memory has to span what is normal."""
    return np.asarray(np.concatenate([rows.argmin(axis=0), rows.argmax(axis=0)]), dtype=np.int64)


def _inverse(memory: Floats, ridge: float) -> Floats:
    return np.asarray(np.linalg.inv(_likeness(memory, memory) + ridge * np.eye(len(memory))), dtype=np.float64)


def _likeness(left: Floats, right: Floats) -> Floats:
    squared = (left**2).sum(axis=1)[:, None] + (right**2).sum(axis=1)[None, :] - 2 * left @ right.T
    return np.asarray(1.0 / (1.0 + np.sqrt(np.maximum(squared, 0.0))), dtype=np.float64)
