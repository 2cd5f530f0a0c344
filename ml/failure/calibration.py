"""Probabilities that mean what they say: Platt's scaling of log-odds, fitted on rows the model has not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ml.scores import Floats, Mask

_EDGE = 1e-6
_ROUNDS = 100


@dataclass(frozen=True)
class Calibration:
    """p → 1 / (1 + exp(-(slope · log-odds(p) + shift))); the slope is positive, so ranks stay as they are."""

    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, probability: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-(self.slope * _log_odds(probability) + self.shift))))


def calibrate(fails: Mask, probability: Floats) -> Calibration:
    """By Newton's method on smoothed targets (Platt 1999; Lin, Lin and Weng 2007); none without both classes."""
    failing, others = int(fails.sum()), int((~fails).sum())
    if not failing or not others:
        return Calibration()
    target = np.where(fails, (failing + 1) / (failing + 2), 1 / (others + 2))
    x = np.column_stack([_log_odds(probability), np.ones(len(probability))])
    found = np.array([1.0, 0.0])
    for _ in range(_ROUNDS):
        said = 1 / (1 + np.exp(-(x @ found)))
        gradient = x.T @ (said - target)
        curve = (x * (said * (1 - said))[:, None]).T @ x + 1e-9 * np.eye(2)
        step = np.linalg.solve(curve, gradient)
        found = found - step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if float(np.abs(step).max()) < 1e-10:
            break
    slope, shift = float(found[0]), float(found[1])
    return Calibration(slope, shift) if slope > 0 else Calibration()


def _log_odds(probability: Floats) -> Floats:
    inside = np.clip(probability, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))
