"""Scores by row of a probability against what came true; each row may carry a weight."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def by_row(fails: Mask, probability: Floats, threshold: float) -> dict[str, float]:
    """average_precision, roc_auc, precision, recall, f1 of rows; NaN where a class is missing."""
    predicted = probability >= threshold
    right = float((predicted & fails).sum())
    return {
        "average_precision": average_precision(fails, probability),
        "roc_auc": roc_auc(fails, probability),
        "precision": _share(right, float(predicted.sum())),
        "recall": _share(right, float(fails.sum())),
        "f1": f1(fails, predicted),
    }


def average_precision(fails: Mask, score: Floats, weight: Floats | None = None) -> float:
    """Area under the precision-recall steps, Σ (Rₙ − Rₙ₋₁) Pₙ over distinct scores; NaN without a failure."""
    right, alarmed = curve(fails, score, weight)
    if not len(right) or right[-1] == 0:
        return float("nan")
    gained = np.diff(right, prepend=0.0)
    precision = np.divide(right, alarmed, out=np.zeros_like(right), where=alarmed > 0)
    return float((gained * precision).sum() / right[-1])


def roc_auc(fails: Mask, score: Floats) -> float:
    """Probability that a failing row scores above one that does not, ties counted half; NaN without both."""
    right, alarmed = curve(fails, score)
    if not len(right) or right[-1] in (0, alarmed[-1]):
        return float("nan")
    recall = np.concatenate([[0.0], right / right[-1]])
    wrong = np.concatenate([[0.0], (alarmed - right) / (alarmed[-1] - right[-1])])
    return float(np.trapezoid(recall, wrong))


def f1(fails: Mask, predicted: Mask, weight: Floats | None = None) -> float:
    """2 · right / (predicted + failing); NaN when there is neither."""
    rows = np.ones(len(fails)) if weight is None else weight
    right = float(rows[predicted & fails].sum())
    return _share(2 * right, float(rows[predicted].sum() + rows[fails].sum()))


def curve(fails: Mask, score: Floats, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Failing rows and all rows that score at least s, for each distinct s from the highest down."""
    order = np.argsort(-score, kind="stable")
    rows = (np.ones(len(score)) if weight is None else weight)[order]
    last_of_its_score = np.flatnonzero(np.diff(score[order], append=np.nan) != 0)
    return np.cumsum(rows * fails[order])[last_of_its_score], np.cumsum(rows)[last_of_its_score]


def _share(part: float, whole: float) -> float:
    return part / whole if whole else float("nan")
