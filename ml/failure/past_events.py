"""What is known of a machine's past events at a moment: counts over a window, hours since the last."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Moments = NDArray[np.datetime64]


def moments(column: pd.Series[pd.Timestamp]) -> Moments:
    """A column of UTC times as numpy's, in microseconds."""
    return column.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy(dtype="datetime64[us]")


class PastEvents:
    """Looks events up for rows of (machine, moment); an event at the moment itself is known."""

    def __init__(self, events: pd.DataFrame, machines: NDArray[np.object_], times: Moments) -> None:
        self._by_machine = {
            str(machine): moments(rows["event_time"].sort_values())
            for machine, rows in events.groupby("equipment_id", sort=False)
        }
        self._times = times
        self._rows = {str(machine): np.flatnonzero(machines == machine) for machine in np.unique(machines.astype(str))}

    def count(self, hours: float | None = None, since: Moments | None = None) -> Floats:
        """Events in (t − hours, t], all up to t without `hours`; with `since`, of those only that came after it."""
        out = np.zeros(len(self._times))
        for machine, happened in self._by_machine.items():
            rows = self._rows.get(machine, np.empty(0, dtype=np.int64))
            begin: Moments = np.full(len(rows), np.datetime64("0001-01-01", "us"))
            if hours is not None:
                begin = self._times[rows] - np.timedelta64(round(hours * 3_600_000_000), "us")
            if since is not None:
                begin = np.fmax(begin, since[rows])
            out[rows] = np.searchsorted(happened, self._times[rows], side="right") - np.searchsorted(
                happened, begin, side="right"
            )
        return out

    def last(self) -> Moments:
        """The last event up to t; NaT when there was none."""
        out = np.full(len(self._times), np.datetime64("NaT"), dtype="datetime64[us]")
        for machine, happened in self._by_machine.items():
            rows = self._rows.get(machine, np.empty(0, dtype=np.int64))
            last = np.searchsorted(happened, self._times[rows], side="right") - 1
            out[rows[last >= 0]] = happened[last[last >= 0]]
        return out

    def hours_since(self) -> Floats:
        """Hours since the last event up to t; NaN when there was none."""
        return np.asarray((self._times - self.last()) / np.timedelta64(1, "h"), dtype=np.float64)
