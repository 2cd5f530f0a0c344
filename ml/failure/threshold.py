"""The probability from which a machine is said to fail: given, or chosen on rows that the model has not seen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.failure.alarms import Events
from ml.scores import Floats, Mask
from ml.spec.failure import FailureSpec
from ml.spec.span import hours

UNDECIDED = 0.5  # those rows cannot say
_EDGE = 1e-6
_LEVELS = 100  # of probability that are tried by event


def choose(rows: pd.DataFrame, probability: Floats, spec: FailureSpec) -> float:
    """The threshold that the spec's alarm gives or asks for; `rows` as `Examples.rows` gives them."""
    if spec.alarm.threshold is not None:
        return spec.alarm.threshold
    fails = rows["fails"].to_numpy(dtype=bool)
    if not fails.any() or fails.all():
        return UNDECIDED
    wanted = spec.alarm.wanted_recall
    if spec.alarm.by == "event":
        return _by_event(rows, probability, wanted, spec)
    return _by_row(fails, probability, wanted)


def _by_row(fails: Mask, probability: Floats, wanted: float | None) -> float:
    """Of the highest F1, or of the best precision with the wanted recall; of all that reach it, the middle one in
    log-odds. Well separated classes leave a wide range that all score the same: its edges sit on single rows.
    """
    scores = np.unique(probability)[::-1]
    order = np.argsort(-probability, kind="stable")
    alarmed = np.searchsorted(-probability[order], -scores, side="right")  # rows that score at least so much
    right = np.cumsum(fails[order])[alarmed - 1]
    reached = 2 * right / (alarmed + fails.sum())
    if wanted is not None:
        reached = np.where(right / fails.sum() >= wanted, right / alarmed, -1.0)
    best = int(np.argmax(reached))
    below = scores[best + 1] if best + 1 < len(scores) else 0.0
    return _middle(float(scores[best]), float(below))


def _by_event(rows: pd.DataFrame, probability: Floats, wanted: float | None, spec: FailureSpec) -> float:
    """Of the highest F1 of events, or of the best precision of alarms with the wanted share foreseen; the middle of
    the first run of levels that reach it.
    """
    levels = np.unique(np.quantile(probability, np.linspace(0.5, 1, _LEVELS)))[::-1]
    events = Events(rows, spec.horizon_hours, hours(spec.step))
    found = [events.scores(probability >= level) for level in levels]
    recall = np.array([one["event_recall"] for one in found])
    reached = np.nan_to_num([one["event_precision"] if wanted else one["event_f1"] for one in found])
    if wanted is not None:
        reached = np.where(recall >= min(wanted, recall.max()), reached, -1.0)
    best = int(np.argmax(reached))
    last = best
    while last + 1 < len(levels) and reached[last + 1] == reached[best]:
        last += 1
    return _middle(float(levels[best]), float(levels[last]))


def _middle(above: float, below: float) -> float:
    ends = np.clip([above, below], _EDGE, 1 - _EDGE)
    log_odds = float(np.log(ends / (1 - ends)).mean())
    middle = 1 / (1 + float(np.exp(-log_odds)))
    return min(max(middle, below), above)
