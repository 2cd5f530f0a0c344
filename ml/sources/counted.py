"""What a column holds, in a few words."""

from __future__ import annotations

from typing import Any

import pandas as pd

MOST = 6  # that are named


def counted(column: pd.Series[Any]) -> str:
    """Its values, the most frequent first, each with how often: `0 (4485), 1 (15)`."""
    counts: Any = column.value_counts(dropna=False)
    named = [f"{'nothing' if pd.isna(value) else value} ({count})" for value, count in counts.head(MOST).items()]
    return ", ".join(named) + (f" and {len(counts) - MOST} others" if len(counts) > MOST else "")
