"""When an alarm is raised and when it ends, given which values are beyond and which are well again: pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Flips:
    """`at` are (row, raised or ended, event time in its id); then what the next batch goes on from."""

    at: list[tuple[int, bool, int]]
    raised: int
    pending: int


def flips(time: Ints, beyond: Bools, well: Bools, after: float, least: float, raised: int, pending: int) -> Flips:
    """Go through a channel's values (event times rising, in µs).

    An alarm is raised by a value that is `beyond` when all values since `after` µs ago were; it ends with the first
    value that is `well` at least `least` µs after the raise, so raises lie more than `least` apart. `raised` is the
    event time of the value that raised the alarm that stands, `pending` that of the first of the values beyond that the
    last batch ended with; 0 for none, and always where `after` is 0.
    """
    previous = np.concatenate(([pending != 0], beyond[:-1]))
    began = np.maximum.accumulate(np.where(beyond & ~previous, np.arange(len(time)), -1))
    since = np.where(began >= 0, time[began], pending)
    ready_at = np.flatnonzero(beyond & (time - since >= after))
    well_at = np.flatnonzero(well)
    found: list[tuple[int, bool, int]] = []
    row = 0
    while True:
        rows, first = (well_at, max(row, _first(time, raised + least))) if raised else (ready_at, row)
        place = int(np.searchsorted(rows, first))
        if place == len(rows):
            break
        row = int(rows[place])
        found.append((row, not raised, raised or int(time[row])))
        raised = 0 if raised else int(time[row])
        row += 1
    return Flips(found, raised, int(since[-1]) if beyond[-1] and after else 0)


def _first(time: Ints, wanted: float) -> int:
    return int(np.searchsorted(time, wanted))
