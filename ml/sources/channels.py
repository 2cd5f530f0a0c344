"""Which columns of a source are measurements."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.sources.read import named
from ml.spec.source import Channels, Source


def channels(
    frame: pd.DataFrame, wanted: Channels, others: Iterable[str | None], source: Source, empty: bool = False
) -> list[str]:
    """The spec's channels: `all` are the columns of numbers that hold any (with `empty`, or none), without `others`.

    Raises MillwrightError when one is not there, holds no numbers, or when there is none at all.
    """
    if wanted != "all":
        named(frame, source, wanted)
        for name in wanted:
            if not pd.api.types.is_numeric_dtype(frame[name]):
                example = frame[name].dropna().head(1).tolist()
                said = f" = {example[0]!r}" if example else ""
                raise MillwrightError(
                    f"{source.place}, column {name!r}{said}: a channel has to hold numbers.", "Is decimal right?"
                )
        return list(wanted)
    taken = set(others)
    found = [
        str(name)
        for name in frame.columns
        if name not in taken
        and pd.api.types.is_numeric_dtype(frame[name])
        and (empty or np.isfinite(frame[name]).any())
    ]
    if not found:
        there = ", ".join(str(name) for name in frame.columns)
        free = [name for name in frame.columns if name not in taken]
        raise MillwrightError(
            f"{source.place} has no column of numbers to take as a channel.",
            f"There are: {there}.{ask_decimal(frame[free])}",
        )
    return found


def ask_decimal(frame: pd.DataFrame) -> str:
    """A question where columns of text look like numbers with another decimal mark."""
    texts = (frame[name].dropna().astype(str) for name in frame if not pd.api.types.is_numeric_dtype(frame[name]))
    numbers = any(len(text) and text.str.fullmatch(r"[+-]?\d*[.,]\d+").all() for text in texts)
    return " Is `decimal` right?" if numbers else ""
