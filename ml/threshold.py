"""The probability from which a machine is said to fail, chosen on rows that the model has not seen."""

from __future__ import annotations

import numpy as np

from ml.scores import Floats, Mask

UNDECIDED = 0.5  # those rows cannot say
_EDGE = 1e-6


def choose(fails: Mask, probability: Floats) -> float:
    """The threshold of the highest F1; of all that reach it, the middle one in log-odds.

    Well separated classes leave a wide range that all score the same: its edges sit on single rows.
    """
    if not fails.any() or fails.all():
        return UNDECIDED
    scores = np.unique(probability)[::-1]
    order = np.argsort(-probability, kind="stable")
    alarmed = np.searchsorted(-probability[order], -scores, side="right")  # rows that score at least so much
    right = np.cumsum(fails[order])[alarmed - 1]
    reached = 2 * right / (alarmed + fails.sum())
    best = int(np.argmax(reached))
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return _middle(float(scores[best]), float(below))


def _middle(above: float, below: float) -> float:
    ends = np.clip([above, below], _EDGE, 1 - _EDGE)
    log_odds = float(np.log(ends / (1 - ends)).mean())
    middle = 1 / (1 + float(np.exp(-log_odds)))
    return min(max(middle, below), above)
