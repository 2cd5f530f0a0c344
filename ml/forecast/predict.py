"""What comes after the newest reading, for the table of forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.data import Data
from ml.forecast.crossing import crossing
from ml.forecast.grid import Panel
from ml.forecast.model import ForecastModel
from ml.forecast.read import bounds
from ml.spec.forecast import ForecastSpec

COLUMNS = (
    *("equipment_id", "channel", "forecast_time", "value", "lower", "upper", "lower_95", "upper_95"),
    *("crossing_probability", "crossing_limit", "crossing_severity", "crossing_time"),
)


def predictions(model: ForecastModel, panel: Panel, data: Data, spec: ForecastSpec) -> pd.DataFrame:
    """One row per series and step after the newest, for series that the model knows and that were read lately.

    lower, upper: 80 %. crossing_probability: that crossing_limit will have been crossed by that step; crossing_time:
    the step by which that is as likely as not; crossing_severity is null while that is not within the horizon.
    """
    origin = len(panel.index)
    told = model.forecast(panel, np.array([origin]))[0]
    known = panel.of(model.series)
    times = panel.times(origin, model.horizon)
    limits = bounds(data, spec, model.series)
    lately = np.atleast_1d((~np.isnan(known.values[-model.look_back :])).any(axis=0))
    out = []
    for number, (entity, channel) in enumerate(model.series):
        if not lately[number]:
            continue
        value = told[:, number]
        found = crossing(value, model.bands.paths[:, :, number], limits.get((entity, channel), ()))
        out.append(
            pd.DataFrame(
                {
                    "equipment_id": entity,
                    "channel": channel,
                    "forecast_time": times,
                    "value": value,
                    "lower": value + model.bands.lower[0, :, number],
                    "upper": value + model.bands.upper[0, :, number],
                    "lower_95": value + model.bands.lower[1, :, number],
                    "upper_95": value + model.bands.upper[1, :, number],
                    "crossing_probability": np.nan if found is None else found.probability,
                    "crossing_limit": np.nan if found is None else found.limit,
                    "crossing_severity": None if found is None else found.severity or None,
                    "crossing_time": None if found is None or found.step is None else times[found.step],
                }
            )
        )
    return pd.concat(out, ignore_index=True)[list(COLUMNS)] if out else pd.DataFrame(columns=list(COLUMNS))
