"""From a raw strangeness to how rare it is on normal rows that the detector had not learned from.

Up to the sample's 90th percentile the conformal p-value is used, (1 + rows at least as strange) / (1 + rows) (Vovk et
al. 2005); above it a generalised Pareto tail (Pickands 1975), which also tells apart what is stranger than every row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import genpareto

from ml.scores import Floats

TAIL = 0.10  # share of the held-back rows that the Pareto tail is fitted to
_LEAST = 20  # rows above the tail's start that a fit needs
RAREST = 1e-12
_KEPT = 2000  # of a large sample its quantiles are enough: the tail beyond is Pareto's


@dataclass(frozen=True)
class Tail:
    """Held-back strangeness in ascending order, and the Pareto tail's start, shape and scale (shape NaN: none)."""

    held_back: Floats
    start: float
    shape: float
    scale: float

    @classmethod
    def fit(cls, held_back: Floats) -> Tail:
        """From the strangeness of held-back normal rows."""
        ordered = np.sort(held_back[np.isfinite(held_back)])
        if len(ordered) > _KEPT:
            ordered = np.quantile(ordered, np.linspace(0, 1, _KEPT))
        start = float(np.quantile(ordered, 1 - TAIL)) if len(ordered) else 0.0
        beyond = ordered[ordered > start] - start
        if len(beyond) < _LEAST:
            return cls(ordered, start, float("nan"), float("nan"))
        shape, _, scale = genpareto.fit(beyond, floc=0)
        # A negative shape has an end beyond which all is equally impossible: the exponential still ranks there.
        if shape < 0:
            shape, scale = 0.0, float(beyond.mean())
        return cls(ordered, start, float(shape), float(scale))

    def rarity(self, strangeness: Floats) -> Floats:
        """The share of normal rows at least as strange, 1e-12 to 1; NaN stays NaN."""
        below = np.searchsorted(self.held_back, strangeness, side="left")
        share = (1 + len(self.held_back) - below) / (1 + len(self.held_back))
        if np.isfinite(self.shape):
            tail = TAIL * genpareto.sf(strangeness - self.start, self.shape, scale=self.scale)
            share = np.where(strangeness > self.start, tail, share)
        return np.where(np.isnan(strangeness), np.nan, np.clip(share, RAREST, 1.0))

    def as_dict(self) -> dict[str, object]:
        """JSON-able; `from_dict` reads it."""
        known = np.isfinite(self.shape)
        return {
            "held_back": self.held_back.tolist(),
            "start": self.start,
            "shape": self.shape if known else None,
            "scale": self.scale if known else None,
        }

    @classmethod
    def from_dict(cls, raw: dict[str, object]) -> Tail:
        """What `as_dict` gave."""
        nan = float("nan")
        shape, scale = raw["shape"], raw["scale"]
        return cls(
            np.asarray(raw["held_back"], dtype=np.float64),
            float(raw["start"]),  # type: ignore[arg-type]
            nan if shape is None else float(shape),  # type: ignore[arg-type]
            nan if scale is None else float(scale),  # type: ignore[arg-type]
        )
