"""The rows of `ml.monitoring`: one per model version and window."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any

from ml.monitoring.drift import Drift
from ml.monitoring.live import Live
from ml.monitoring.windows import Window

_COLUMNS = (
    *("model_name", "model_version", "window_start", "window_end", "data_watermark", "current_rows", "drift_share"),
    *("drifted", "judged", "scores", "breached", "retrain", "reasons", "run_id"),
)
_JUDGED = [name for name in _COLUMNS if name not in ("model_name", "model_version", "window_start")]
# A window that nothing new is known of stays as it is, whenever it was looked at.
_COMPARED = [name for name in _JUDGED if name != "data_watermark"]
_UPSERT = f"""
insert into ml.monitoring as old ({", ".join(_COLUMNS)}) values ({", ".join(f"%({name})s" for name in _COLUMNS)})
on conflict (model_name, model_version, window_start)
do update set {", ".join(f"{name} = excluded.{name}" for name in _JUDGED)}, monitored_at = now()
where ({", ".join(f"old.{name}" for name in _COMPARED)})
    is distinct from ({", ".join(f"excluded.{name}" for name in _COMPARED)})"""
_KNOWN = """
select window_start, drift_share, drifted, current_rows from ml.monitoring
where model_name = %s and model_version = %s and drift_share is not null"""


@dataclass(frozen=True)
class Row:
    """A window as it was judged."""

    model_name: str
    model_version: int
    window: Window
    data_watermark: dt.datetime
    drift: Drift
    live: Live
    reasons: list[str]
    retrain: bool
    run_id: str | None

    def columns(self) -> dict[str, Any]:
        """By column of the table, JSON as text."""
        drifted = [{"feature": name, "distance": self.drift.values[name]} for name in self.drift.drifted]
        return {
            **{name: getattr(self, name) for name in ("model_name", "model_version", "data_watermark", "run_id")},
            "window_start": self.window.start,
            "window_end": self.window.end,
            "current_rows": self.drift.rows,
            "drift_share": self.drift.share,
            "drifted": json.dumps(drifted),
            "judged": self.live.judged,
            "scores": json.dumps(self.live.scores),
            "breached": bool(self.reasons),
            "retrain": self.retrain,
            "reasons": json.dumps(self.reasons),
        }


def write(cursor: Any, rows: list[Row]) -> int:
    """Write what is new or known better now; how many rows that were."""
    changed = 0
    for row in rows:
        cursor.execute(_UPSERT, row.columns())
        changed += cursor.rowcount
    return changed


def drifts(cursor: Any, name: str, version: int) -> dict[dt.date, Drift]:
    """Drift that has been judged already, by the window's first day: late rows do not change a report."""
    cursor.execute(_KNOWN, (name, version))
    found = {}
    for start, share, drifted, rows in cursor.fetchall():
        values = {feature["feature"]: feature["distance"] for feature in drifted}
        found[start] = Drift(share, values, list(values), rows)
    return found
