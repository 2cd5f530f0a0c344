"""Parts of a history by time, with a gap before each that no label looks across."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from millwright.errors import MillwrightError
from ml.failure.history import ORIGIN
from ml.spec.span import hours
from ml.spec.split import TimeSplit, Value

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts:
    """Masks over the rows. `folds` are pairs inside `train`: what a trial is fitted on, and what it is asked after."""

    train: Mask
    folds: tuple[tuple[Mask, Mask], ...]
    test: Mask
    train_until: pd.Timestamp  # the first step that is not trained on, UTC
    test_from: pd.Timestamp


def split_by_time(
    slots: pd.Series[Any], known: pd.Series[Any], split: TimeSplit, step_hours: float = 1.0, counter: bool = False
) -> Parts:
    """Split rows whose label is known by their step; the shares are of time, so that 0.8 of 90 days is 72 days."""
    step = pd.Timedelta(hours=step_hours)
    begin, end = slots[known].min(), slots[known].max() + step
    gap = pd.Timedelta(hours=hours(split.gap))
    train_until = begin + _whole((end - begin) * split.train_share, step)
    if split.train_until is not None:
        train_until = moment(split.train_until, "train_until", counter)
    if split.test_until is not None:
        end = min(end, moment(split.test_until, "test_until", counter))
    slices = [
        train_until - _whole((train_until - begin) * split.validation_share * left / split.folds, step)
        for left in range(split.folds, -1, -1)
    ]
    usable = known.to_numpy(dtype=bool)

    def between(since: pd.Timestamp, until: pd.Timestamp) -> Mask:
        return np.asarray(usable & (slots >= since).to_numpy() & (slots < until).to_numpy())

    return Parts(
        train=between(begin, train_until),
        folds=tuple((between(begin, since - gap), between(since, until)) for since, until in pairwise(slices)),
        test=between(train_until + gap, end),
        train_until=train_until,
        test_from=train_until + gap,
    )


def moment(value: Value, field: str, counter: bool) -> pd.Timestamp:
    """A moment as a spec names it. Raises MillwrightError naming the field."""
    try:
        if counter:
            return ORIGIN + pd.Timedelta(hours=float(value))
        found = pd.Timestamp(str(value))
        return found.tz_localize("UTC") if found.tz is None else found.tz_convert("UTC")
    except ValueError:
        expected = "a number, as time is a counter" if counter else "a time such as 2025-03-01T06:00:00Z"
        raise MillwrightError(f"split.{field} = {value!r}: expected {expected}.") from None


def _whole(span: pd.Timedelta, step: pd.Timedelta) -> pd.Timedelta:
    return pd.Timedelta(round(span / step) * step)
