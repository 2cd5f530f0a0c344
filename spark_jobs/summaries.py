"""Summaries of machines' channels by day or week. No Spark and no Millwright in here: it travels to the workers."""

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
    """One row per machine, span of 1 or 7 days (UTC, weeks from Monday) and channel with a reading, from all of the
    machines' hours of these spans."""
    shift = _THURSDAY if days == 7 else 0
    hour = hours["hour"].cast(pa.int64()).to_numpy() // HOUR
    machine = statistics.numbered(hours["equipment_id"])
    order = np.lexsort((hour, machine))
    hours, hour, machine = hours.take(pa.array(order)), hour[order], machine[order]
    of_hour = (hour // 24 + shift) // days
    first = statistics.starts_of(statistics.on_a_line(machine, of_hour))
    begun, last = of_hour[first], np.append(first[1:], len(hour))
    parts = statistics.stacked(hours, channels)
    merged = statistics.merge(statistics.on_a_line(machine, hour), parts, first, last)
    row, channel = np.nonzero(merged["count"] > 0)
    columns = {
        "equipment_id": hours["equipment_id"].take(pa.array(first[row])),
        span: pa.array((begun[row] * days - shift) * 24 * HOUR, pa.timestamp("us", "UTC")),
        "channel": pa.array(np.asarray(channels, dtype=object)[channel], pa.string()),
    }
    for name, source in _COLUMNS.items():
        kind = pa.int64() if name.endswith("_count") else None
        columns[name] = nullable(merged[source][row, channel], kind)
    return pa.table(columns)
