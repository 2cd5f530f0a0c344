"""Which columns of a source are measurements."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.sources.read import named
from ml.spec.source import Channels, Source

log = logging.getLogger(__name__)


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
    if not empty:
        _warn_of_text(frame, taken, source)
    return found


def ask_decimal(frame: pd.DataFrame) -> str:
    """A question where columns of text look like numbers with another decimal mark."""
    texts = (frame[name].dropna().astype(str) for name in frame if not pd.api.types.is_numeric_dtype(frame[name]))
    numbers = any(len(text) and text.str.fullmatch(r"[+-]?\d*[.,]\d+").all() for text in texts)
    return " Is `decimal` right?" if numbers else ""


def _warn_of_text(frame: pd.DataFrame, taken: set[str | None], source: Source) -> None:
    """One cell that is no number makes text of a whole column: say which columns are left out for such cells."""
    for name in frame.columns:
        if name in taken or not (
            pd.api.types.is_object_dtype(frame[name]) or pd.api.types.is_string_dtype(frame[name])
        ):
            continue
        text = frame[name].dropna().astype(str)
        wrong = text[pd.to_numeric(text, errors="coerce").isna()]
        # With a decimal comma all are wrong; a column of words has hardly any number.
        numbers = len(text) - pd.to_numeric(wrong.str.replace(",", "."), errors="coerce").isna().sum()
        if len(wrong) and numbers > len(text) / 2:
            log.warning(
                "%s, column %r is left out: %d of %d values are no numbers, such as %r. If they mean no value, name "
                "them in `missing`; else see whether `decimal` is right.",
                *(source.place, name, len(wrong), len(text), wrong.iloc[0]),
            )
