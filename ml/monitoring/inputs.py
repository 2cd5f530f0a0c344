"""What a model looks at, by moment: what drift is judged on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.data import Data
from ml.spec.load import Spec
from ml.task import Model, task

TIME = "time"
_NOT_COMPARED = ("_min", "_max")  # of a channel beside its mean


def inputs(model: Model, data: Data, spec: Spec) -> pd.DataFrame:
    """One row per row of the data: `time` in UTC and columns of numbers; the task's features where it tells them
    (`inputs(model, data, spec)`), else the channels themselves.
    """
    told: Any = getattr(task(spec.task), "inputs", None)
    frame = next(iter(data.frames.values())) if told is None else told(model, data, spec)
    moments = [name for name in frame if isinstance(frame[name].dtype, pd.DatetimeTZDtype)]
    if not moments:
        return pd.DataFrame({TIME: pd.Series(dtype="datetime64[us, UTC]")})
    time = frame[TIME if TIME in moments else moments[-1]]
    numbers = frame.select_dtypes(include=["number", "bool"]).astype(np.float64)
    if told is None:
        means = {str(name).removesuffix("_mean") for name in numbers if str(name).endswith("_mean")}
        numbers = numbers.drop(
            columns=[f"{name}{end}" for name in means for end in _NOT_COMPARED if name], errors="ignore"
        )
    found: pd.DataFrame = pd.concat([time.rename(TIME), numbers.drop(columns=TIME, errors="ignore")], axis=1)
    return found


def sample(frame: pd.DataFrame, rows: int = 2000) -> pd.DataFrame:
    """So many of its rows, evenly spread over time: the same of the same frame."""
    ordered = frame.sort_values(TIME, kind="stable")
    places: Any = np.linspace(0, len(ordered) - 1, min(rows, len(ordered))).round().astype(int)
    found: pd.DataFrame = ordered.iloc[places].drop(columns=TIME).reset_index(drop=True)
    return found


def between(frame: pd.DataFrame, begins: Any, ends: Any) -> pd.DataFrame:
    """The rows of [begins, ends)."""
    found: pd.DataFrame = frame[(frame[TIME] >= begins) & (frame[TIME] < ends)]
    return found
