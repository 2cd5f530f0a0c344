"""Why a prediction is what it is: the features that raised it most."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pandas as pd

from millwright.contracts import contract
from ml.failure.model import Model

_STATISTICS = {"mean": "mean", "std": "deviation", "min": "minimum", "max": "maximum"}


def top_factors(
    model: Model, features: pd.DataFrame, counter: bool = False, count: int = 5
) -> list[list[dict[str, Any]]]:
    """For each row the features that speak most for a failure, the greatest first.

    Each: feature, label (for people), value (null when missing), contribution (SHAP, log-odds; above 0 raises it).
    """
    names = model.layout.names
    contributions = model.contributions(features)[:, :-1]
    values = features[names].to_numpy(np.float64)
    found = []
    for row, ranks in enumerate(np.argsort(-contributions, axis=1, kind="stable")[:, :count]):
        found.append(
            [
                {
                    "feature": names[rank],
                    "label": label(names[rank], counter),
                    "value": None if math.isnan(value := float(values[row, rank])) else round(value, 4),
                    "contribution": round(float(contributions[row, rank]), 4),
                }
                for rank in ranks
            ]
        )
    return found


def label(feature: str, counter: bool = False) -> str:
    """A feature's name for people, with its unit: `vibration_mean_24h` → "vibration, mean of 24 h (mm/s)".

    Where time is a counter, what a feature's name calls hours are its steps.
    """
    unit = "steps" if counter else "h"
    units = {field.name: f" ({field.unit})" if field.unit else "" for field in contract("equipment-sensors").channels}
    if found := re.fullmatch(r"(.+)_(mean|std|min|max)_(\d+)h", feature):
        channel, statistic, hours = found.groups()
        return f"{channel}, {_STATISTICS[statistic]} of {hours} {unit}{units.get(channel, '')}"
    if found := re.fullmatch(r"(.+)_trend", feature):
        return f"{found[1]}, change of its mean lately{units.get(found[1], '')}"
    if found := re.fullmatch(r"(.+)_lag_24h", feature):
        return f"{found[1]}, mean {'24 steps' if counter else 'a day'} ago{units.get(found[1], '')}"
    if found := re.fullmatch(r"errors_(.+)_(\d+)h", feature):
        return f"reports of {found[1]} in {found[2]} {unit}"
    if found := re.fullmatch(r"hours_since_maintenance_(.+)", feature):
        return f"since maintenance of {found[1]} ({unit})"
    if found := re.fullmatch(r"(.+)_is_(.+)", feature):
        return f"{found[1].replace('_', ' ')} is {found[2]}"
    return "age (years)" if feature == "age_years" else feature
