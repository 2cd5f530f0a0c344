"""Features of a machine at a moment t, from nothing later than t. Training and serving call the same function."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml import windows
from ml.history import History
from ml.layout import NOT_SAID, Layout
from ml.past_events import Moments, PastEvents, moments
from ml.windows import Floats, Grid

_HOURS_A_YEAR = 8766.0
_WINDOW = {"mean": windows.mean, "std": windows.std, "min": windows.least, "max": windows.greatest}


def build(history: History, layout: Layout) -> pd.DataFrame:
    """One row per row of `history.readings`, in its order: equipment_id, hour, time, and `layout.names` (floats).

    Windows are of hours: the mean and deviation of the hours' means, the least and greatest of their readings.
    """
    readings = history.readings.reset_index(drop=True)
    machines = readings["equipment_id"].to_numpy(dtype=object)
    times = moments(readings["time"])
    columns = {
        **_channels(readings, layout, machines),
        **_events(history.events, layout, machines, times),
        **_equipment(history.equipment, layout, readings, times),
    }
    features = pd.DataFrame({name: columns[name] for name in layout.names}, index=readings.index)
    return pd.concat([readings[["equipment_id", "hour", "time"]], features], axis=1)


def _channels(readings: pd.DataFrame, layout: Layout, machines: NDArray[np.object_]) -> dict[str, Floats]:
    codes = pd.factorize(machines)[0].astype(np.int64)
    hours = moments(readings["hour"]).astype("datetime64[h]").astype(np.int64)
    grid = windows.make_grid(codes, hours, layout.lookback_hours)
    out: dict[str, Floats] = {}
    for channel in layout.channels:
        out |= {name: values[grid.places] for name, values in _channel(readings, layout, grid, channel).items()}
    return out


def _channel(readings: pd.DataFrame, layout: Layout, grid: Grid, channel: str) -> dict[str, Floats]:
    # A model may know a channel that the readings at hand have no column for: it is missing, as in an hour without.
    spread = {
        statistic: grid.spread(readings[name].to_numpy(np.float64))
        if (name := f"{channel}_{statistic}") in readings
        else np.full(grid.length, np.nan)
        for statistic in ("mean", "min", "max")
    }
    out = {
        f"{channel}_{statistic}_{hours}h": function(grid, spread["mean" if statistic == "std" else statistic], hours)
        for hours in layout.windows_hours
        for statistic, function in _WINDOW.items()
    }
    short = out[f"{channel}_mean_{layout.windows_hours[0]}h"]
    out[f"{channel}_trend"] = short - out[f"{channel}_mean_{layout.windows_hours[-1]}h"]
    out[f"{channel}_lag_24h"] = grid.lagged(short, 24)
    return out


def _events(events: pd.DataFrame, layout: Layout, machines: NDArray[np.object_], times: Moments) -> dict[str, Floats]:
    def past(kind: str, column: str, value: str) -> PastEvents:
        named = events[column].fillna(NOT_SAID) == value
        return PastEvents(events[(events["kind"] == kind) & named], machines, times)

    window = layout.events_window_hours
    return {
        **{f"errors_{code}_{window}h": past("error", "code", code).count(window) for code in layout.codes},
        **{
            f"hours_since_maintenance_{component}": past("maintenance", "component", component).hours_since()
            for component in layout.components
        },
    }


def _equipment(equipment: pd.DataFrame, layout: Layout, readings: pd.DataFrame, times: Moments) -> dict[str, Floats]:
    """The machine as it was at t."""
    rows = readings[["equipment_id", "time"]].reset_index()
    at = pd.merge_asof(
        rows.sort_values("time", kind="stable"),
        equipment.sort_values("valid_from", kind="stable"),
        left_on="time",
        right_on="valid_from",
        by="equipment_id",
    ).sort_values("index")
    age = (times - moments(pd.to_datetime(at["commissioned_at"], utc=True))) / np.timedelta64(1, "h")
    out: dict[str, Floats] = {"age_years": age.astype(np.float64) / _HOURS_A_YEAR}
    for column, value in layout.categories:
        out[f"{column}_is_{value}"] = (at[column] == value).to_numpy().astype(np.float64)
    return out
