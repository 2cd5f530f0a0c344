"""What a model says of the newest readings, as rows for `ml.anomalies`."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.anomaly.data import TIME, since
from ml.anomaly.model import AnomalyModel

SHARE = 0.25  # a channel with so much of an anomaly is named in a row of its own
COLUMNS = [
    "equipment_id", "event_time", "channel", "value", "expected", "score", "threshold", "is_anomaly", "factors"
]  # fmt: skip


def predictions(model: AnomalyModel, frame: pd.DataFrame, span: str | float) -> pd.DataFrame:
    """One row per machine and reading of the newest span, and one per channel that makes up much of an anomaly.

    A channel's score is its share in what makes the machine strange, its threshold the share from which it is named.
    Levels and averages come from all rows of `frame`, which is sorted by machine and time.
    """
    newest = since(frame, span)
    said: list[list[object]] = []
    for machine, (index, seen) in model.see(frame).items():
        rows = np.flatnonzero(newest[index] & np.isfinite(seen.score))
        reasons = np.flatnonzero(newest[index] & (seen.score >= model.threshold))
        factors = dict(zip(reasons, model.factors(machine, frame.loc[index[reasons]], seen.at(reasons)), strict=True))
        for row in rows:
            at, score = frame.at[index[int(row)], TIME], float(seen.score[row])
            strange = score >= model.threshold
            why = factors.get(row, [])
            said.append([machine, at, None, None, None, score, model.threshold, strange, why])
            said += [
                [machine, at, one["feature"], one["value"], one["expected"], one["contribution"], SHARE, True, [one]]
                for one in why
                if one["contribution"] >= SHARE
            ]
    return pd.DataFrame(said, columns=COLUMNS)
