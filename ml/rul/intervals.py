"""Intervals of the remaining life from errors on units that a model had not seen.

Split conformal prediction within classes of the prediction (Mondrian; Vovk, Gammerman, Shafer 2005), for errors are
small near the failure and large far from it. The level is raised for the number of units, not of rows: those of one
unit err alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.rul.examples import Floats

LEVELS = (0.80, 0.95)
CLASSES = 6
_LEAST = 30  # rows of a class


@dataclass(frozen=True)
class Ends:
    """`lower` and `upper` [level, class] are added to a prediction; class c holds those from `edges[c - 1]` on."""

    edges: Floats
    lower: Floats
    upper: Floats

    def around(self, told: Floats) -> Floats:
        """[row, lower 80, upper 80, lower 95, upper 95]; no lower end below 0."""
        at = np.searchsorted(self.edges, told, side="right")
        both = np.stack([self.lower, self.upper], axis=1).reshape(2 * len(LEVELS), -1)
        return np.maximum(told[:, None] + both[:, at].T, 0.0)


def learn(told: Floats, life: Floats, units: int) -> Ends:
    """From predictions of rows of unseen units and the life that was left."""
    classes = max(1, min(CLASSES, len(told) // _LEAST))
    edges = np.unique(np.quantile(told, np.arange(1, classes) / classes)) if classes > 1 else np.empty(0)
    at = np.searchsorted(edges, told, side="right")
    error = life - told
    lower, upper = np.zeros((len(LEVELS), len(edges) + 1)), np.zeros((len(LEVELS), len(edges) + 1))
    for number in range(len(edges) + 1):
        mine = error[at == number] if (at == number).any() else error
        for level, share in enumerate(LEVELS):
            raised = min(1.0, share * (1 + 1 / max(units, 1)))
            ends = np.quantile(mine, [(1 - raised) / 2, (1 + raised) / 2])
            lower[level, number], upper[level, number] = min(ends[0], 0.0), max(ends[1], 0.0)
    return Ends(edges, lower, upper)
