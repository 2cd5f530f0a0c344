"""Does a machine fail within the horizon? Known, or not known yet."""

from __future__ import annotations

import numpy as np
import pandas as pd


def labels(rows: pd.DataFrame, events: pd.DataFrame, horizon_hours: int) -> pd.Series:
    """1.0 where any component of the machine fails in (t, t + horizon], 0.0 where none does, NaN: not known yet.

    `rows` has equipment_id and t; `events` is fact_equipment_events, whose newest event says how far the future is
    known: a row whose horizon ends later is known only if its failure has happened already.
    """
    horizon = np.timedelta64(horizon_hours, "h")
    known_until = pd.to_datetime(events["event_time"], utc=True).to_numpy("datetime64[ns]")
    failed = events[events["kind"] == "failure"]
    by_machine = {
        machine: np.sort(pd.to_datetime(own["event_time"], utc=True).to_numpy("datetime64[ns]"))
        for machine, own in failed.groupby("equipment_id", observed=True)
    }
    result = pd.Series(np.nan, index=rows.index)
    for machine, own in rows.groupby("equipment_id", observed=True):
        t = own["t"].to_numpy("datetime64[ns]")
        at = by_machine.get(machine, np.array([], "datetime64[ns]"))
        coming = np.searchsorted(at, t + horizon, side="right") > np.searchsorted(at, t, side="right")
        known = t + horizon <= known_until.max() if len(known_until) else np.zeros(len(t), bool)
        result.loc[own.index] = np.where(coming, 1.0, np.where(known, 0.0, np.nan))
    return result


def next_failure(rows: pd.DataFrame, events: pd.DataFrame) -> pd.Series:
    """When the machine fails next after t; NaT where that is not known. A failure's rows share it."""
    failed = events.loc[events["kind"] == "failure", ["equipment_id", "event_time"]].drop_duplicates()
    failed = failed.assign(t=pd.to_datetime(failed["event_time"], utc=True).astype("datetime64[ns, UTC]"))
    left = rows[["equipment_id", "t"]].assign(t=rows["t"].astype("datetime64[ns, UTC]"), row=rows.index)
    joined = pd.merge_asof(
        left.sort_values("t"),
        failed[["equipment_id", "t", "event_time"]].sort_values("t"),
        on="t",
        by="equipment_id",
        direction="forward",
        allow_exact_matches=False,
    )
    return joined.set_index("row")["event_time"].reindex(rows.index)
