"""The newest minutes of each channel, as they come from equipment-minutes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

_BARS = "▁▂▃▄▅▆▇█"
_MINUTE = timedelta(minutes=1)

Series = tuple[str, str, str]  # machine, stream, channel


@dataclass
class Newest:
    """Rows of equipment-minutes by series and minute: the newest `minutes` of each, the highest revision of each."""

    minutes: int = 30
    series: dict[Series, dict[datetime, dict[str, Any]]] = field(default_factory=dict)

    def take(self, rows: pa.Table) -> None:
        """Take rows in the order of the topic."""
        for row in rows.to_pylist():
            kept = self.series.setdefault((row["equipment_id"], row["stream"], row["channel"]), {})
            before = kept.get(row["event_time"])
            if before is None or row["revision"] >= before["revision"]:
                kept[row["event_time"]] = row
            if len(kept) > self.minutes:
                del kept[min(kept)]

    def rows(self, machine: str | None = None, stream: str | None = None) -> list[dict[str, Any]]:
        """Each series' newest minute, by machine, stream and channel; all of them, or one machine's or stream's."""
        wanted = (name for name in sorted(self.series) if machine in (None, name[0]) and stream in (None, name[1]))
        return [self.series[name][max(self.series[name])] for name in wanted]

    def sparkline(self, row: dict[str, Any], width: int = 20) -> str:
        """The means of the minutes up to a row's, between their least and greatest; a blank where there was none."""
        kept, end = self.series[row["equipment_id"], row["stream"], row["channel"]], row["event_time"]
        minutes = [kept.get(end - _MINUTE * at) for at in reversed(range(width))]
        means = [None if minute is None else minute["mean"] for minute in minutes]
        there = [mean for mean in means if mean is not None]
        if not there:
            return " " * width
        low, spread = min(there), max(there) - min(there)
        level = (len(_BARS) - 1) / spread if spread else 0.0
        return "".join(" " if mean is None else _BARS[round((mean - low) * level)] for mean in means)
