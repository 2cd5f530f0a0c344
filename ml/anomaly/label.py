"""What a column of labels says of each row."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.sources.counted import MOST, counted
from ml.sources.yes import NO
from ml.spec.source import Source

log = logging.getLogger(__name__)
_YES = frozenset({"1", "1.0", "true", "t", "yes", "y", "ja", "anomaly", "anomalous", "abnormal", "attack", "fault"})


def labels(column: pd.Series[Any]) -> pd.Series[float]:
    """1 for an anomaly, 0 for normal, NaN where a number is missing."""
    if pd.api.types.is_numeric_dtype(column):
        return column.astype(np.float64).where(column.isna(), (column.astype(np.float64) > 0).astype(np.float64))
    return (~_words(column).isin(NO)).astype(np.float64)


def ask_meaning(column: pd.Series[Any], source: Source) -> None:
    """Say how values other than 0, 1, yes, no and the like are taken.

    Raises MillwrightError when such values are all there is: nothing tells what normal is called.
    """
    known = column.dropna()
    words, bad = _words(known), labels(known) == 1
    if not (bad & ~words.isin(_YES)).any():
        return
    said = f"{source.place}, label {column.name!r} holds {counted(known)}"
    if bad.all():
        raise MillwrightError(
            f"{said}: it is not plain which are anomalies.",
            "Expected 1, true, yes or a word for an anomaly, and 0, false, no, normal or nothing otherwise.",
        )
    # A word beside `normal` needs no explanation, numbers and several words do.
    if pd.api.types.is_numeric_dtype(column) or words[bad].nunique() > 1:
        meant = ", ".join(map(str, known[bad].drop_duplicates().head(MOST)))
        log.warning("%s: taken as anomalies are %s.", said, meant)


def _words(column: pd.Series[Any]) -> pd.Series[str]:
    return column.fillna("").astype(str).str.strip().str.lower()
