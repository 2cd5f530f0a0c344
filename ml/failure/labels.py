"""Labels: does any component of the machine fail in (t, t + horizon]?"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ml.failure.history import History
from ml.failure.past_events import moments


def label(history: History, horizon_hours: float) -> pd.DataFrame:
    """One row per row of `history.readings`, in its order.

    `known`: whether the events stream reaches to the horizon's end. A row for which it does not is left out even
    when a failure has come already: of the last hours only the bad ones would be known. `fails`: the label.
    `next_failure`: the machine's next failure after t, NaT when none is known.
    """
    readings = history.readings
    times = moments(readings["time"])
    machines = readings["equipment_id"].to_numpy(dtype=object)
    following = np.full(len(times), np.datetime64("NaT"), dtype="datetime64[us]")
    failures = history.events[history.events["kind"] == "failure"]
    for machine, rows in failures.groupby("equipment_id", sort=False):
        happened = np.unique(moments(rows["event_time"]))
        at = np.flatnonzero(machines == machine)
        after = np.searchsorted(happened, times[at], side="right")
        some = after < len(happened)
        following[at[some]] = happened[after[some]]
    horizon = np.timedelta64(round(horizon_hours * 3_600_000_000), "us")
    known = np.zeros(len(times), dtype=bool)
    if history.known_until is not None:
        known = times + horizon <= np.datetime64(history.known_until.tz_convert("UTC").tz_localize(None), "us")
    return pd.DataFrame(
        {
            "known": known,
            "fails": following - times <= horizon,
            "next_failure": pd.Series(following).dt.tz_localize("UTC"),
        },
        index=readings.index,
    )
