"""What comes after the newest reading, for the table of forecasts."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from ml.data import Data
from ml.forecast.adapt import stretches
from ml.forecast.crossing import crossing
from ml.forecast.gaps import gaps
from ml.forecast.grid import Floats, Panel, filled
from ml.forecast.model import KINDS_TOLD, ForecastModel
from ml.forecast.parts import future
from ml.forecast.read import bounds
from ml.spec.forecast import ForecastSpec

log = logging.getLogger(__name__)

COLUMNS = (
    *("equipment_id", "channel", "forecast_time", "value", "lower", "upper", "lower_95", "upper_95"),
    *("crossing_probability", "crossing_limit", "crossing_severity", "crossing_time"),
)
MOST_REPLAYED = 1000  # steps since the training from which intervals learn


def features(model: ForecastModel, panel: Panel) -> pd.DataFrame:
    """The row of `ForecastModel.answer` of each series that the model knows and that was read lately."""
    known, origin = panel.of(model.series), len(panel.index)
    past = filled(known.values)[-model.look_back :]
    past = np.concatenate([np.full((model.look_back - len(past), past.shape[1]), np.nan), past])
    lately: Any = (~np.isnan(known.values[-model.look_back :])).any(axis=0)
    width = _stretches(model, known)
    rows = pd.DataFrame(np.column_stack([width.T, past.T]), columns=model.columns[3:])
    rows.insert(0, "time", [panel.times(origin, 1)[0]] * len(rows))
    rows.insert(0, "channel", [channel for _, channel in model.series])
    rows.insert(0, "entity", [entity for entity, _ in model.series])
    found: pd.DataFrame = rows.loc[lately].reset_index(drop=True)
    return found


def predictions(model: ForecastModel, panel: Panel, data: Data, spec: ForecastSpec) -> pd.DataFrame:
    """One row per series and step after the newest, for series that the model knows and that were read lately.

    lower, upper: 80 %. crossing_probability: that crossing_limit will have been crossed by that step; crossing_time:
    the step by which that is as likely as not; crossing_severity is null while that is not within the horizon.
    """
    for sentence in gaps(model, panel):
        log.warning("%s.", sentence)
    rows = features(model, panel)
    told = model.answer(rows).to_numpy().reshape(len(rows), model.horizon, len(KINDS_TOLD))
    times = panel.times(len(panel.index), model.horizon)
    number_of = {name: number for number, name in enumerate(model.series)}
    limits = bounds(data, spec, model.series)
    out = []
    for row, one in enumerate(zip(rows["entity"], rows["channel"], strict=True)):
        number = number_of[one]
        unit = model.bands.of(np.array([number]), model.horizon).unit(told[row, :, :1])[:, 0]
        paths = model.bands.paths[:, :, number] * rows["stretch_80"].iloc[row] * unit
        found = crossing(told[row, :, 0], paths, limits.get(one, ()))
        columns = dict(zip(("value", "lower", "upper", "lower_95", "upper_95"), told[row].T, strict=True))
        columns |= {
            "equipment_id": one[0],
            "channel": one[1],
            "forecast_time": times,
            "crossing_probability": np.nan if found is None else found.probability,
            "crossing_limit": np.nan if found is None else found.limit,
            "crossing_severity": None if found is None else found.severity or None,
            "crossing_time": None if found is None or found.step is None else times[found.step],
        }
        out.append(pd.DataFrame(columns)[list(COLUMNS)])
    return pd.concat(out, ignore_index=True) if out else pd.DataFrame(columns=list(COLUMNS))


def _stretches(model: ForecastModel, known: Panel) -> Floats:
    """[level, series]: how the intervals' width changed with what came since the training."""
    origin = len(known.index)
    begun = max(known.position(model.said["train_until"]) + 1, origin - MOST_REPLAYED, 1)
    if begun >= origin:
        return np.ones((len(model.bands.lower), len(model.series)))
    at = np.arange(begun, origin)
    came = future(known.values, at, model.horizon, origin)
    found: Floats = stretches(came, model.forecast(known, at), at, model.bands, np.array([origin]))[0]
    return found
