"""Parts of a history by time: fit, validation and test, with a gap before each that no label looks across."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.spec import Split

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Parts:
    """Masks over the rows; `train` holds `fit`, the gap inside it and `validation`. Times are hours' starts, UTC."""

    train: Mask
    fit: Mask
    validation: Mask
    test: Mask
    train_until: pd.Timestamp  # the first hour that is not trained on
    test_from: pd.Timestamp


def split_by_time(hours: pd.Series[pd.Timestamp], known: pd.Series[bool], split: Split) -> Parts:
    """Split rows whose label is known by their hour; the shares are of hours, so that 0.8 of 90 days is 72 days."""
    begin, end = hours[known].min(), hours[known].max() + pd.Timedelta(hours=1)
    gap = pd.Timedelta(hours=split.gap_hours)
    train_until = begin + _whole_hours((end - begin) * split.train_share)
    fit_until = begin + _whole_hours((train_until - begin) * (1 - split.validation_share))
    test_from = train_until + gap
    usable = known.to_numpy(dtype=bool)
    at = hours
    return Parts(
        train=usable & (at < train_until).to_numpy(),
        fit=usable & (at < fit_until).to_numpy(),
        validation=usable & (at >= fit_until + gap).to_numpy() & (at < train_until).to_numpy(),
        test=usable & (at >= test_from).to_numpy(),
        train_until=train_until,
        test_from=test_from,
    )


def _whole_hours(span: pd.Timedelta) -> pd.Timedelta:
    return span.round("h")
