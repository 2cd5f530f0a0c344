"""Robust z-score: how far the farthest channel is from its median, in robust standard deviations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.scores import Floats

Arrays = dict[str, Floats]


@dataclass(frozen=True)
class RobustZ:
    """Each channel by itself; rows come standardised, so that a value is its z-score."""

    centre: Floats
    scale: Floats

    @classmethod
    def fit(cls, rows: Floats, seed: int) -> RobustZ:
        """From normal rows × channels; 1.4826 times the median deviation is the standard deviation of a normal law."""
        centre = np.median(rows, axis=0)
        scale = 1.4826 * np.median(np.abs(rows - centre), axis=0)
        # Of a channel of few distinct values the median deviation may be nothing.
        return cls(centre, np.maximum(scale, np.maximum(0.5 * rows.std(axis=0), 1e-6)))

    def expected(self, rows: Floats) -> Floats:
        """The median of each channel."""
        return np.broadcast_to(self.centre, rows.shape)

    def strangeness(self, rows: Floats) -> Floats:
        """The greatest |z| of a row's channels."""
        return np.asarray(np.abs((rows - self.centre) / self.scale).max(axis=1), dtype=np.float64)

    def surprise(self, rows: Floats) -> Floats:
        """By channel, its squared z-score."""
        return np.asarray(((rows - self.centre) / self.scale) ** 2, dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs."""
        return {"centre": self.centre, "scale": self.scale}

    @classmethod
    def load(cls, arrays: Arrays) -> RobustZ:
        """What `arrays` gave."""
        return cls(**arrays)
