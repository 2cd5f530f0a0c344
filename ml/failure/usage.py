"""How long machines have worked, from the moments at which they begin and end to work."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.failure.history import EVENT_KINDS, History
from ml.failure.past_events import Moments, moments
from ml.spec.failure import Usage

_NEARLY_ALL = 0.9  # a step of less work tells little of the level at work
Micros = NDArray[np.int64]


class Clock:
    """Operating time of each machine up to any moment, in whole microseconds: sums are exact in any order."""

    def __init__(self, marks: pd.DataFrame) -> None:
        """`marks`: equipment_id, time, works (from then on), sorted by machine and time."""
        self._machines: dict[str, tuple[Micros, Micros, Micros]] = {}
        for machine, rows in marks.groupby("equipment_id", sort=False):
            at = moments(rows["time"]).astype(np.int64)
            works = rows["works"].to_numpy(dtype=np.int64)
            worked = np.concatenate([[0], np.cumsum(np.diff(at) * works[:-1])])
            self._machines[str(machine)] = (at, works, worked)

    def worked(self, machine: str, times: Moments) -> Micros:
        """Microseconds of work since the machine's first mark; 0 before it."""
        if machine not in self._machines:
            return np.zeros(len(times), dtype=np.int64)
        at, works, worked = self._machines[machine]
        micros = times.astype(np.int64)
        last = np.searchsorted(at, micros, side="right") - 1
        known = np.maximum(last, 0)
        return np.where(last < 0, 0, worked[known] + (micros - at[known]) * works[known])


def clock(history: History, usage: Usage) -> Clock:
    """By the spec's kinds of events, or by its channel: a step's mean tells of the time since the step before."""
    if usage.kinds:
        states = history.events[~history.events["kind"].isin(EVENT_KINDS)]
        return Clock(states.assign(time=states["event_time"], works=states["kind"].isin(usage.kinds)))
    rows = history.readings[["equipment_id", "time"]]
    works = _works(history, usage)
    # What a row says holds for the time that it sums up, which ends with it.
    return Clock(rows.assign(works=works.groupby(rows["equipment_id"]).shift(-1, fill_value=False)))


def at_work(history: History, usage: Usage, clock: Clock) -> NDArray[np.bool_]:
    """By row, whether the machine worked for nearly all of (slot, time]; of a row of one moment, whether it works."""
    if usage.channel is not None:
        return _works(history, usage).to_numpy(dtype=bool)
    times, slots = moments(history.readings["time"]), moments(history.readings["slot"])
    machines = history.readings["equipment_id"].to_numpy(dtype=object)
    out = np.zeros(len(times))
    # A state that begins at the moment itself is known.
    end = np.where(times > slots, times, times + np.timedelta64(1, "us"))
    for machine in np.unique(machines.astype(str)):
        rows = np.flatnonzero(machines == machine)
        worked = clock.worked(machine, end[rows]) - clock.worked(machine, slots[rows])
        out[rows] = worked / (end[rows] - slots[rows]).astype(np.int64)
    return np.asarray(out >= _NEARLY_ALL)


def _works(history: History, usage: Usage) -> pd.Series[Any]:
    """By row; never, where the readings have no such column any more."""
    channel = history.readings.get(f"{usage.channel}_mean")
    nothing = pd.Series(False, index=history.readings.index)
    return nothing if channel is None else channel > usage.above
