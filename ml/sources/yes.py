"""Columns that say yes or no, in numbers or words."""

from __future__ import annotations

from typing import Any

import pandas as pd

NO = frozenset(
    {"", "0", "0.0", "false", "f", "no", "n", "nein", "none", "nan"}
    | {"normal", "ok", "good", "healthy", "benign", "negative"}
    | {"no failure", "no_failure", "no fault", "no error", "no defect", "no anomaly"}
)


def says_yes(column: pd.Series[Any]) -> pd.Series[bool]:
    """By row; a missing value, a number that is not above 0, and a word that means no or normal do not."""
    if pd.api.types.is_numeric_dtype(column):
        return column.fillna(0) > 0
    return column.notna() & ~column.astype(str).str.strip().str.lower().isin(NO)
