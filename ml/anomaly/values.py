"""Values that are none: infinite ones and such as no gauge gives, and channels without any to learn from."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.scores import Mask
from ml.spec.source import Source

log = logging.getLogger(__name__)
FARTHEST = 1e100  # beyond it squares, and their sum over many rows, are no numbers any more


def finite(frame: pd.DataFrame, channels: list[str], source: Source) -> None:
    """Make infinite values, and such beyond 1e100, missing ones; say how many a channel has."""
    for name in channels:
        wrong = frame[name].abs() > FARTHEST
        if wrong.any():
            log.warning(
                "%s, column %r: %d values are infinite or beyond %g, and taken as missing.",
                *(source.place, name, int(wrong.sum()), FARTHEST),
            )
            frame.loc[wrong, name] = np.nan


def with_values(frame: pd.DataFrame, channels: list[str], learned: Mask, source: Source) -> list[str]:
    """The channels that have a value among the rows to learn from; says which have none.

    Raises MillwrightError when none has any though there are such rows.
    """
    if not learned.any():
        return channels
    there = np.isfinite(frame.loc[learned, channels].to_numpy(np.float64)).any(axis=0)
    empty = [name for name, some in zip(channels, there, strict=True) if not some]
    said = f"{source.place}, column{'s' * (len(empty) > 1)} {', '.join(map(repr, empty))}"
    where = f"no value in the {int(learned.sum())} rows of normal operation before the test"
    if len(empty) == len(channels):
        raise MillwrightError(f"{said}: {where}, so there is nothing to learn from.", "Is the column right, and split?")
    if empty:
        log.warning("%s: %s; left out.", said, where)
    return [name for name in channels if name not in empty]
