"""Judges a model on the test part: by labels where there are any, by shifts put into normal rows, by false alarms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from ml.anomaly.data import LABEL, MACHINE, NORMAL, TEST, TIME, parts
from ml.anomaly.model import AnomalyModel
from ml.anomaly.scales import scales
from ml.anomaly.shifts import shifted
from ml.data import Data
from ml.scores import Floats, average_precision, roc_auc
from ml.spec.anomaly import AnomalySpec
from ml.task import Judged

BLOCK = 60  # rows of one machine that follow each other are drawn together
Scores = Callable[[str, pd.DataFrame], Floats]  # machine and its rows in the order of time → a score each


def judge_model(model: AnomalyModel, data: Data, spec: AnomalySpec) -> Judged:
    """A model on the test rows of the machines; of those it does not know it says that nothing is strange."""

    def score(machine: str, frame: pd.DataFrame) -> Floats:
        if not model.normal.knows(machine):
            return np.zeros(len(frame))
        return np.nan_to_num(model.normal.see(machine, model.rows(frame)).score, nan=0.0)

    return judge(score, model.threshold, data, spec)


def judge(score: Scores, threshold: float, data: Data, spec: AnomalySpec) -> Judged:
    """Rows: machine, time, truth (NaN: unknown), score, flagged, shifted (a copy with a known anomaly), block."""
    frame, names = data.frames["readings"], list(data.about["channels"])
    tested = (parts(frame, spec) == TEST).to_numpy()
    usual = scales(frame, names, spec)
    out = []
    for number, (machine, part) in enumerate(frame.groupby(MACHINE, sort=True)):
        test = tested[part.index]
        if not test.any():
            continue
        truth = part[LABEL].to_numpy(np.float64)
        # Rows that are neither normal nor labelled are asked of nobody.
        asked = test & (part[NORMAL].to_numpy() | np.isfinite(truth))
        values = part[names].to_numpy(np.float64)
        changed, which = shifted(values[asked], usual[str(machine)][1], spec.seed + number, lasting=True)
        copy = values.copy()
        copy[asked] = changed
        in_copy = np.zeros(len(part), dtype=bool)
        in_copy[asked] = which
        block = np.full(len(part), -1)
        block[asked] = np.arange(int(asked.sum())) // BLOCK
        for is_copy, rows, keep in (
            (False, part, asked),
            (True, part.assign(**dict(zip(names, copy.T, strict=True))), in_copy & (np.nan_to_num(truth) == 0)),
        ):
            said = score(str(machine), rows)
            out.append(
                pd.DataFrame(
                    {
                        "machine": str(machine),
                        "time": part[TIME].to_numpy(),
                        "truth": np.where(is_copy, np.nan, truth),
                        "score": said,
                        "flagged": said >= threshold,
                        "shifted": is_copy,
                        "block": [f"{machine}|{at}" for at in block],
                    }
                )[keep]
            )
    rows = pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=["truth", "score", "flagged", "shifted"])
    return Judged(metrics(rows, np.ones(len(rows)), spec.false_positive_rate), rows)


def metrics(rows: pd.DataFrame, weight: Floats, asked: float) -> dict[str, float]:
    """By row: f1, precision, recall, far = FP/(FP+TN), mar = FN/(FN+TP), roc_auc, average_precision where labels are;
    false_positive_rate of rows not known as anomalies. shift_recall: the share of shifted rows that score above what
    just the share asked of such rows does, so that it tells models apart whatever their thresholds.
    """
    flagged, truth = rows["flagged"].to_numpy(bool), rows["truth"].to_numpy(np.float64)
    copy, score = rows["shifted"].to_numpy(bool), rows["score"].to_numpy(np.float64)
    quiet = ~copy & ~(truth == 1)
    seen = copy & (score > _exceeded_by(asked, score[quiet], weight[quiet]))
    out = {
        "false_positive_rate": _share(weight[quiet & flagged].sum(), weight[quiet].sum()),
        "shift_recall": _share(weight[seen].sum(), weight[copy].sum()),
        "test_rows": float((~copy).sum()),
    }
    known = ~copy & np.isfinite(truth)
    if not known.any():
        return out
    bad = truth == 1
    right, wrong = weight[known & bad & flagged].sum(), weight[known & ~bad & flagged].sum()
    all_bad, all_good = weight[known & bad].sum(), weight[known & ~bad].sum()
    return out | {
        "f1": _share(2 * right, right + wrong + all_bad),
        "precision": _share(right, right + wrong),
        "recall": _share(right, all_bad),
        "far": _share(wrong, all_good),
        "mar": _share(all_bad - right, all_bad),
        "roc_auc": roc_auc(bad[known], score[known]),
        "average_precision": average_precision(bad[known], score[known], weight[known]),
        "anomalous_rows": float((known & bad).sum()),
    }


def _exceeded_by(share: float, score: Floats, weight: Floats) -> float:
    """The least score that no more than a share of the rows exceeds."""
    order = np.argsort(score, kind="stable")
    below = np.cumsum(weight[order])
    if not len(order) or below[-1] <= 0:
        return float("inf")
    return float(score[order][np.searchsorted(below, (1 - share) * below[-1])])


def _share(part: float, whole: float) -> float:
    return float(part / whole) if whole else float("nan")
