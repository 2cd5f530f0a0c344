"""What a model says of every machine at its newest reading."""

from __future__ import annotations

import pandas as pd

from ml.failure.factors import top_factors
from ml.failure.features import build
from ml.failure.history import History, as_given
from ml.failure.model import Model
from ml.failure.read import SILENT_AFTER_HOURS


def predictions(model: Model, history: History) -> pd.DataFrame:
    """One row per machine that is not silent: equipment_id, event_time (of its newest reading), horizon_hours (or a
    counter's steps), probability, threshold, predicted, factors.
    """
    table = build(history, model.layout, model.spec).groupby("equipment_id", sort=True).tail(1)
    table = table[table["time"] >= table["time"].max() - pd.Timedelta(hours=SILENT_AFTER_HOURS)]
    probability = model.probability(table)
    return pd.DataFrame(
        {
            "equipment_id": table["equipment_id"],
            "event_time": as_given(table["time"], history.counter),
            "horizon_hours": round(model.spec.horizon_hours),
            "probability": probability,
            "threshold": model.threshold,
            "predicted": probability >= model.threshold,
            "factors": top_factors(model, table, history.counter),
        }
    ).reset_index(drop=True)
