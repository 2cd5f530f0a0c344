"""Hotelling's T² and Q (squared prediction error) by principal components.

T² is the distance from the centre within the components kept, Q the squared distance from their plane. Each is divided
by its mean over normal rows before they are added (Yue and Qin 2001, combined index).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.anomaly.robust_z import Arrays
from ml.scores import Floats


@dataclass(frozen=True)
class PcaT2Q:
    """Principal components of standardised normal rows: axes by channel × component, their variances."""

    centre: Floats
    axes: Floats
    variances: Floats
    usual: Floats  # mean T² and mean Q of normal rows

    @classmethod
    def fit(cls, rows: Floats, seed: int, explained: float = 0.85) -> PcaT2Q:
        """From normal rows × channels; the components kept hold so much of the variance."""
        centre = rows.mean(axis=0)
        _, singular, axes = np.linalg.svd(rows - centre, full_matrices=False)
        variances = singular**2 / max(len(rows) - 1, 1)
        share = np.cumsum(variances) / max(variances.sum(), 1e-12)
        kept = min(int(np.searchsorted(share, explained)) + 1, max(rows.shape[1] - 1, 1))
        # A sign is the decomposition's own choice: the largest weight is made positive, on every machine alike.
        axes = axes[:kept].T * np.sign(axes[:kept].T[np.abs(axes[:kept]).argmax(axis=1), np.arange(kept)])
        fitted = cls(centre, axes, np.maximum(variances[:kept], 1e-9), np.ones(2))
        usual = np.maximum(np.array([fitted._t2(rows).mean(), fitted._q(rows).mean()]), 1e-9)
        return cls(centre, axes, fitted.variances, usual)

    def expected(self, rows: Floats) -> Floats:
        """A row's projection to the plane of the components."""
        return np.asarray(self.centre + (rows - self.centre) @ self.axes @ self.axes.T, dtype=np.float64)

    def strangeness(self, rows: Floats) -> Floats:
        """T² + Q, each as a multiple of what is usual."""
        return np.asarray(self._t2(rows) / self.usual[0] + self._q(rows) / self.usual[1], dtype=np.float64)

    def _t2(self, rows: Floats) -> Floats:
        return np.asarray((((rows - self.centre) @ self.axes) ** 2 / self.variances).sum(axis=1), dtype=np.float64)

    def _q(self, rows: Floats) -> Floats:
        return np.asarray(((rows - self.expected(rows)) ** 2).sum(axis=1), dtype=np.float64)

    def surprise(self, rows: Floats) -> Floats:
        """By channel, its part of Q, and of T² what its weights carry (Miller, Swanson and Heckler 1998)."""
        apart = rows - self.centre
        within = np.abs(((apart @ self.axes) / self.variances) @ self.axes.T * apart)
        return np.asarray((rows - self.expected(rows)) ** 2 / self.usual[1] + within / self.usual[0], dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs."""
        return {"centre": self.centre, "axes": self.axes, "variances": self.variances, "usual": self.usual}

    @classmethod
    def load(cls, arrays: Arrays) -> PcaT2Q:
        """What `arrays` gave."""
        return cls(**arrays)
