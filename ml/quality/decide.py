"""From probabilities to a class: calibration by one temperature, and the class of the least expected cost."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from ml.scores import Floats

_LEAST = 1e-9


def log_loss(labels: NDArray[np.int64], probability: Floats, weight: Floats | None = None) -> float:
    """Mean of -ln of what was said of the true class."""
    said = -np.log(np.clip(probability[np.arange(len(labels)), labels], _LEAST, 1.0))
    return float(np.average(said, weights=weight)) if len(labels) else float("nan")


def heated(probability: Floats, temperature: float) -> Floats:
    """Probabilities to the power of 1/temperature, made to sum to one: above 1 they are less sure (Guo et al. 2017)."""
    warmed = np.clip(probability, _LEAST, 1.0) ** (1.0 / temperature)
    return np.asarray(warmed / warmed.sum(axis=1, keepdims=True), dtype=np.float64)


def temperature(labels: NDArray[np.int64], probability: Floats) -> float:
    """Whichever gives the least log loss on rows that the model had not seen; 0.25-4."""
    found = minimize_scalar(
        lambda log: log_loss(labels, heated(probability, float(np.exp(log)))),
        bounds=(np.log(0.25), np.log(4.0)),
        method="bounded",
    )
    return float(np.exp(found.x))


def decide(probability: Floats, costs: Floats) -> NDArray[np.int64]:
    """The class k of the least expected cost, Σ over j ≠ k of p_j · cost_j: the greatest p_k · cost_k."""
    return np.asarray((probability * costs).argmax(axis=1), dtype=np.int64)
