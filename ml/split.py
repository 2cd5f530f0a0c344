"""Parts of a history by time, with a gap before each that no label looks across."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.spec import Split

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts:
    """Masks over the rows. `folds` are pairs inside `train`: what a trial is fitted on, and what it is asked after."""

    train: Mask
    folds: tuple[tuple[Mask, Mask], ...]
    test: Mask
    train_until: pd.Timestamp  # the first hour that is not trained on, UTC
    test_from: pd.Timestamp


def split_by_time(hours: pd.Series[pd.Timestamp], known: pd.Series[bool], split: Split) -> Parts:
    """Split rows whose label is known by their hour; the shares are of hours, so that 0.8 of 90 days is 72 days."""
    begin, end = hours[known].min(), hours[known].max() + pd.Timedelta(hours=1)
    gap = pd.Timedelta(hours=split.gap_hours)
    train_until = begin + _whole_hours((end - begin) * split.train_share)
    slices = [
        train_until - _whole_hours((train_until - begin) * split.validation_share * left / split.folds)
        for left in range(split.folds, -1, -1)
    ]
    usable = known.to_numpy(dtype=bool)

    def between(since: pd.Timestamp, until: pd.Timestamp) -> Mask:
        return np.asarray(usable & (hours >= since).to_numpy() & (hours < until).to_numpy())

    return Parts(
        train=between(begin, train_until),
        folds=tuple((between(begin, since - gap), between(since, until)) for since, until in pairwise(slices)),
        test=between(train_until + gap, end),
        train_until=train_until,
        test_from=train_until + gap,
    )


def _whole_hours(span: pd.Timedelta) -> pd.Timedelta:
    return span.round("h")
