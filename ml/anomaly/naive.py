"""Rules that a model has to beat before anybody needs it."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from ml.anomaly.evaluate import judge
from ml.anomaly.scales import scales
from ml.data import Data
from ml.scores import Floats
from ml.spec.anomaly import AnomalySpec
from ml.task import Judged

SIGMAS = 3.0
# Of recall and of what is missed an alarm that never ends is the best there can be: nothing could beat it.
_FAIR = frozenset({"f1", "precision", "average_precision", "roc_auc"})


def judge_naive(data: Data, spec: AnomalySpec) -> tuple[str, Judged]:
    """The rule that does better by the metric of promotion, and how it does on the test part."""
    metric = spec.promote.metric
    sigmas, always = _sigmas(data, spec), judge(_always, 0.5, data, spec)
    reached, endless = (found.metrics.get(metric, float("nan")) for found in (sigmas, always))
    if metric in _FAIR and (endless > reached or (math.isnan(reached) and not math.isnan(endless))):
        return "always an alarm", always
    return "a channel more than 3 deviations from its mean", sigmas


def _sigmas(data: Data, spec: AnomalySpec) -> Judged:
    """A channel more than three deviations from its mean in normal operation of that machine."""
    names = list(data.about["channels"])
    usual = scales(data.frames["readings"], names, spec)

    def score(machine: str, rows: pd.DataFrame) -> Floats:
        mean, deviation = usual[machine]
        z = np.abs(np.nan_to_num((rows[names].to_numpy(np.float64) - mean) / deviation))
        return np.asarray(z.max(axis=1), dtype=np.float64)

    return judge(score, SIGMAS, data, spec)


def _always(machine: str, rows: pd.DataFrame) -> Floats:
    return np.ones(len(rows))
