"""How often a model of quality is right, and what its mistakes cost."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.quality import decide
from ml.scores import Floats, average_precision, roc_auc


def judged(truth: NDArray[np.int64], probability: Floats, costs: Floats) -> pd.DataFrame:
    """One row a piece: truth and told as numbers of classes, p_0, p_1, … of the classes, cost of a mistake."""
    out = pd.DataFrame({"truth": truth, "told": decide.decide(probability, costs), "cost": costs[truth]})
    for at in range(probability.shape[1]):
        out[f"p_{at}"] = probability[:, at]
    return out


def metrics(rows: pd.DataFrame, weight: Floats) -> dict[str, float]:
    """accuracy, balanced_accuracy (mean recall), macro_f1, log_loss, cost (mean of a piece); average_precision and
    roc_auc of a defect (any class but the good one); precision, recall and f1 of a defect told where there are two
    classes, else their means over the classes.
    """
    truth, told = rows["truth"].to_numpy(np.int64), rows["told"].to_numpy(np.int64)
    probability = rows[[name for name in rows if str(name).startswith("p_")]].to_numpy(np.float64)
    right, count = truth == told, probability.shape[1]
    hit, there, said = (
        np.array([weight[which].sum() for which in of_class])
        for of_class in (
            [right & (truth == one) for one in range(count)],
            [truth == one for one in range(count)],
            [told == one for one in range(count)],
        )
    )
    asked = there + said > 0
    recall = np.divide(hit, there, out=np.full(count, np.nan), where=there > 0)
    precision = np.divide(hit, said, out=np.zeros(count), where=said > 0)
    f1 = np.divide(2 * hit, there + said, out=np.full(count, np.nan), where=asked)
    # Of two classes the defect's; of more the mean over those that are there.
    of = slice(1, 2) if count == 2 else asked
    total = max(float(weight.sum()), 1e-12)
    defect, score = truth > 0, 1 - probability[:, 0]
    return {
        "accuracy": float(weight[right].sum() / total),
        "balanced_accuracy": _mean(recall),
        "macro_f1": _mean(f1),
        "log_loss": decide.log_loss(truth, probability, weight),
        "cost": float((weight * rows["cost"].to_numpy(np.float64))[~right].sum() / total),
        "average_precision": average_precision(defect, score, weight),
        "roc_auc": roc_auc(defect, score),
        "precision": _mean(precision[of]),
        "recall": _mean(recall[of]),
        "f1": _mean(f1[of]),
        "test_rows": float(len(rows)),
        "defect_share": float(weight[defect].sum() / total),
    }


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")
