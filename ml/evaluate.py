"""How good are scores: by row, by failure, and how sure we may be of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import average_precision_score, precision_recall_curve, roc_auc_score

Floats = npt.NDArray[np.float64]

_REPLICATES = 300
_HOURS_A_MONTH = 24 * 30.4375


def best_threshold(labels: Floats, scores: Floats) -> float:
    """The score at and above which to predict a failure so that F1 is greatest."""
    precision, recall, thresholds = precision_recall_curve(labels, scores)
    f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
    return float(thresholds[int(np.argmax(f1[:-1]))])


def by_row(labels: Floats, scores: Floats, threshold: float) -> dict[str, float]:
    """average_precision, roc_auc, precision, recall, f1; one class only gives no roc_auc."""
    predicted = scores >= threshold
    found = {"average_precision": float(average_precision_score(labels, scores))}
    if 0 < labels.sum() < len(labels):
        found["roc_auc"] = float(roc_auc_score(labels, scores))
    return found | _counts(labels, predicted, np.ones(len(labels)))


def _counts(labels: Floats, predicted: npt.NDArray[np.bool_], weights: Floats) -> dict[str, float]:
    true = float((weights * labels * predicted).sum())
    precision = true / max(float((weights * predicted).sum()), 1e-12)
    recall = true / max(float((weights * labels).sum()), 1e-12)
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / max(precision + recall, 1e-12)}


def by_event(rows: pd.DataFrame, threshold: float) -> dict[str, float]:
    """Failures foreseen, how long before (median hours), false alarms per machine-month.

    `rows`: equipment_id, t, label, score, next_failure; one row per machine and hour. An alarm is an unbroken run of
    predicted rows; it is false when no row of it is followed by a failure within the horizon.
    """
    rows = rows.sort_values(["equipment_id", "t"])
    predicted = rows["score"] >= threshold
    events = rows[rows["label"] == 1].groupby(["equipment_id", "next_failure"])
    first = rows[predicted & (rows["label"] == 1)].groupby(["equipment_id", "next_failure"])["t"].min()
    leads = [(failure - t).total_seconds() / 3600 for (_, failure), t in first.items()]
    new_run = (predicted != predicted.shift()) | (rows["equipment_id"] != rows["equipment_id"].shift())
    runs = rows[predicted].groupby(new_run.cumsum()[predicted])["label"].max()
    months = len(rows) / _HOURS_A_MONTH
    return {
        "failures": float(events.ngroups),
        "failures_foreseen": float(len(first)),
        "lead_hours_median": float(np.median(leads)) if leads else 0.0,
        "false_alarms_per_machine_month": float((runs == 0).sum() / max(months, 1e-12)),
    }


def intervals(rows: pd.DataFrame, threshold: float, seed: int) -> dict[str, list[float]]:
    """95 % intervals of average_precision and f1 by a bootstrap of failures, and of machine-days without one.

    Rows of one failure are no independent witnesses, so they are drawn together (Efron & Tibshirani 1993, ch. 8).
    """
    generator = np.random.default_rng(seed)
    labels, scores = rows["label"].to_numpy(np.float64), rows["score"].to_numpy(np.float64)
    own = rows["next_failure"].where(rows["label"] == 1, rows["t"].dt.floor("D")).astype(str)
    block = pd.factorize(rows["equipment_id"] + "/" + rows["label"].astype(str) + "/" + own)[0]
    failing = np.zeros(block.max() + 1, bool)
    failing[block[labels == 1]] = True
    found: dict[str, list[float]] = {"average_precision": [], "f1": []}
    for _ in range(_REPLICATES):
        weight = np.zeros(len(failing))
        for kind in (failing, ~failing):
            chosen = np.flatnonzero(kind)
            drawn = generator.integers(0, len(chosen), len(chosen))
            weight[chosen] = np.bincount(drawn, minlength=len(chosen))
        weights = weight[block]
        found["average_precision"].append(float(average_precision_score(labels, scores, sample_weight=weights)))
        found["f1"].append(_counts(labels, scores >= threshold, weights)["f1"])
    return {name: [round(float(q), 4) for q in np.quantile(values, [0.025, 0.975])] for name, values in found.items()}


def report(rows: pd.DataFrame, threshold: float, seed: int) -> dict[str, Any]:
    """All of the above for one model; `rows` as in `by_event`."""
    labels, scores = rows["label"].to_numpy(np.float64), rows["score"].to_numpy(np.float64)
    return {
        **by_row(labels, scores, threshold),
        **by_event(rows, threshold),
        "intervals": intervals(rows, threshold, seed),
    }
