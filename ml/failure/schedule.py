"""Planned maintenance at regular spans: what is left of the horizon before the next one renews what is worn."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.failure.history import History
from ml.failure.past_events import PastEvents, moments
from ml.scores import Floats

_FEWEST_SPANS = 5  # from which a usual one is learned
_REGULAR = 0.2  # how far apart eight of ten spans may lie, as a share of the usual one
_OVERDUE_HOURS = 24.0  # later than this the schedule does not hold


def usual_span(events: pd.DataFrame) -> float | None:
    """Hours from one planned maintenance of a machine to its next, where they are regular; else None."""
    spans = _planned(events).sort_values(["equipment_id", "event_time"]).groupby("equipment_id")["event_time"].diff()
    found = spans.dropna().dt.total_seconds() / 3600
    if len(found) < _FEWEST_SPANS:
        return None
    low, usual, high = found.quantile([0.1, 0.5, 0.9])
    return float(usual) if high - low <= _REGULAR * usual else None


def exposed(history: History, span_hours: float, horizon_hours: float) -> Floats:
    """By row, the share of the horizon before the next planned maintenance is due: 0 to 1, 1 where none is known."""
    machines: NDArray[np.object_] = history.readings["equipment_id"].to_numpy(dtype=object)
    since = PastEvents(_planned(history.events), machines, moments(history.readings["time"])).hours_since()
    due = span_hours - since
    known = ~np.isnan(due) & (due > -_OVERDUE_HOURS)
    return np.where(known, np.clip(due / horizon_hours, 0.0, 1.0), 1.0)


def within(probability: Floats, share: Floats) -> Floats:
    """The probability of a failure in so large a share of the horizon; what wears out may fail in any part alike.

    Not 1 - (1 - p) ** share, of a rate that stays: what is worn out fails once, and 1 would be 1 a minute before the
    maintenance.
    """
    return np.asarray(probability * share)


def _planned(events: pd.DataFrame) -> pd.DataFrame:
    return events[(events["kind"] == "maintenance") & events["planned"].fillna(False).astype(bool)]
