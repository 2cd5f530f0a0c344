"""What a unit's readings tell of its wear: each row knows its own past only."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.rul.read import ENTITY, TIME

AGE = "age"


def build(readings: pd.DataFrame, channels: list[str], windows: tuple[int, ...]) -> pd.DataFrame:
    """A row a reading: its age (time since the unit's first), and of each channel the value, the mean and deviation of
    trailing windows in rows, and how far the mean of the longest lies from that of the unit's first rows.
    """
    groups = readings.groupby(ENTITY, sort=False)
    columns: dict[str, pd.Series] = {AGE: readings[TIME] - groups[TIME].transform("first")}
    longest, shortest = max(windows), min(windows)
    first = groups.cumcount() < shortest
    for channel in channels:
        values = readings[channel]
        columns[channel] = values
        rolled = {}
        for window in windows:
            rolling = values.groupby(readings[ENTITY], sort=False).rolling(window, min_periods=1)
            rolled[window] = rolling.mean().reset_index(level=0, drop=True).reindex(readings.index)
            columns[f"{channel}_mean_{window}"] = rolled[window]
            deviation = rolling.std().reset_index(level=0, drop=True).reindex(readings.index)
            columns[f"{channel}_std_{window}"] = deviation
        begin = values.where(first).groupby(readings[ENTITY], sort=False).expanding().mean()
        columns[f"{channel}_change"] = rolled[longest] - begin.reset_index(level=0, drop=True).reindex(readings.index)
    table = pd.DataFrame(columns, index=readings.index)
    return table.astype(np.float64)


def varying(readings: pd.DataFrame, channels: list[str]) -> list[str]:
    """The channels that are not the same throughout."""
    return [name for name in channels if readings[name].nunique(dropna=True) > 1]
