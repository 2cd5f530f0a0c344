"""Baselines that a model has to beat before anybody needs it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.failure.history import History
from ml.failure.past_events import PastEvents, moments
from ml.scores import Floats, Mask


def rules(
    history: History, hours: float, trained_on: Mask, tested_on: Mask, fails: Mask
) -> dict[str, tuple[Floats, float]]:
    """Scores of the test part's rows and the threshold, by rule.

    `base_rate` gives every machine the training part's share of failing rows; `errors` alarms when there was an error
    within the last `hours`, the more errors the surer.
    """
    readings: pd.DataFrame = history.readings[tested_on]
    errors = history.events[history.events["kind"] == "error"]
    past = PastEvents(errors, readings["equipment_id"].to_numpy(dtype=object), moments(readings["time"]))
    rate = float(fails[trained_on].mean())
    return {"base_rate": (np.full(len(readings), rate), 0.5), "errors": (past.count(hours), 1.0)}
