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

    @classmethod
    def fit(cls, rows: Floats, seed: int) -> RobustZ:
        """From normal rows × channels."""
        return cls(np.median(rows, axis=0))

    def expected(self, rows: Floats) -> Floats:
        """The median of each channel."""
        return np.broadcast_to(self.centre, rows.shape)

    def strangeness(self, rows: Floats) -> Floats:
        """The greatest |z| of a row's channels."""
        return np.asarray(np.abs(rows - self.centre).max(axis=1), dtype=np.float64)

    def arrays(self) -> Arrays:
        """All that `load` needs."""
        return {"centre": self.centre}

    @classmethod
    def load(cls, arrays: Arrays) -> RobustZ:
        """What `arrays` gave."""
        return cls(arrays["centre"])
