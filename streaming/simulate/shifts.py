"""The shift calendar in minutes: which shift a minute belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from millwright.reference_entries import Shift


@dataclass(frozen=True)
class Calendar:
    """A plant's shifts from `start` on; `of_minute` is an index into `shifts` per minute, -1 outside all of them."""

    shifts: list[tuple[str, date]]  # shift and the local day on which it starts
    of_minute: npt.NDArray[np.int32]


def calendar(kinds: Sequence[Shift], timezone: str, start: datetime, minutes: int) -> Calendar:
    """The shifts that overlap `minutes` minutes from `start` (UTC); where two overlap, the later one counts."""
    zone = ZoneInfo(timezone)
    found: list[tuple[datetime, datetime, str, date]] = []
    first = start.astimezone(zone).date() - timedelta(days=1)
    for day in (first + timedelta(days=n) for n in range(minutes // 1440 + 4)):
        for kind in kinds:
            if day.isoweekday() in kind.days:
                # A shift starts by the local clock, and lasts its hours also in a night in which the clocks change.
                begun = datetime.combine(day, time.fromisoformat(kind.start), zone).astimezone(UTC)
                found.append((begun, begun + timedelta(hours=kind.hours), kind.shift, day))
    of_minute = np.full(minutes, -1, dtype=np.int32)
    shifts: list[tuple[str, date]] = []
    for begun, ended, shift, day in sorted(found):
        a, b = (int((moment - start).total_seconds()) // 60 for moment in (begun, ended))
        if b > 0 and a < minutes:
            of_minute[max(a, 0) : min(b, minutes)] = len(shifts)
            shifts.append((shift, day))
    return Calendar(shifts, of_minute)
