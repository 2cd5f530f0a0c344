"""Summaries of one machine's channels by day or week. No Spark and no Millwright in here: it travels to the workers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from spark_jobs import statistics
from spark_jobs.statistics import HOUR, nullable

_COLUMNS = {
    "reading_count": "count",
    "mean": "mean",
    "std": "std",
    "min": "min",
    "max": "max",
    "skewness": "skewness",
    "outlier_count": "outliers",
}
_THURSDAY = 3  # of 1970-01-01, counted from Monday


def summarise(hours: pa.Table, span: str, days: int, channels: Sequence[str]) -> pa.Table:
    """One row per span of 1 or 7 days (UTC, weeks from Monday) and channel with a reading, from a machine's hours."""
    hours = hours.sort_by("hour")
    at = hours["hour"].cast(pa.int64()).to_numpy() // HOUR
    shift = _THURSDAY if days == 7 else 0
    of_hour = (at // 24 + shift) // days
    begun, first = np.unique(of_hour, return_index=True)
    last = np.append(first[1:], len(at))
    merged = statistics.merge(at, statistics.stacked(hours, channels), first, last)
    row, channel = np.nonzero(merged["count"] > 0)
    columns = {
        "equipment_id": pa.repeat(hours["equipment_id"][0], len(row)),
        span: pa.array((begun[row] * days - shift) * 24 * HOUR, pa.timestamp("us", "UTC")),
        "channel": pa.array(np.asarray(channels, dtype=object)[channel], pa.string()),
    }
    for name, source in _COLUMNS.items():
        kind = pa.int64() if name.endswith("_count") else None
        columns[name] = nullable(merged[source][row, channel], kind)
    return pa.table(columns)
