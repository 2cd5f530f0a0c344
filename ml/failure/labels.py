"""Labels: does any component of the machine fail in (t, t + horizon]?"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.failure.history import History
from ml.failure.past_events import Moments, moments


def label(history: History, horizon_hours: float) -> pd.DataFrame:
    """One row per row of `history.readings`, in its order.

    `known`: whether the events stream reaches to the horizon's end. A row for which it does not is left out even
    when a failure has come already: of the last hours only the bad ones would be known. `fails`: the label.
    `next_failure`: the machine's next failure after t, NaT when none is known. `maintained`: whether a maintenance came
    in (t, t + horizon].
    """
    readings = history.readings
    times = moments(readings["time"])
    machines = readings["equipment_id"].to_numpy(dtype=object)
    following, maintenance = (
        _next(history.events[history.events["kind"] == kind], machines, times) for kind in ("failure", "maintenance")
    )
    horizon = np.timedelta64(round(horizon_hours * 3_600_000_000), "us")
    known = np.zeros(len(times), dtype=bool)
    if history.known_until is not None:
        known = times + horizon <= np.datetime64(history.known_until.tz_convert("UTC").tz_localize(None), "us")
    return pd.DataFrame(
        {
            "known": known,
            "fails": following - times <= horizon,
            "maintained": maintenance - times <= horizon,
            "next_failure": pd.Series(following).dt.tz_localize("UTC"),
        },
        index=readings.index,
    )


def _next(events: pd.DataFrame, machines: NDArray[np.object_], times: Moments) -> Moments:
    """The machine's first event after t; NaT without one."""
    found = np.full(len(times), np.datetime64("NaT"), dtype="datetime64[us]")
    for machine, rows in events.groupby("equipment_id", sort=False):
        happened = np.unique(moments(rows["event_time"]))
        at = np.flatnonzero(machines == machine)
        after = np.searchsorted(happened, times[at], side="right")
        some = after < len(happened)
        found[at[some]] = happened[after[some]]
    return found
