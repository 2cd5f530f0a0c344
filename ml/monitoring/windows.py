"""Windows of whole UTC days in which a version is watched, from the first day on that it has not learned from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

ONE = dt.timedelta(days=1)


@dataclass(frozen=True)
class Window:
    """Days from `start` up to `end`, which is not in it."""

    start: dt.date
    end: dt.date

    @property
    def begins(self) -> dt.datetime:
        return dt.datetime.combine(self.start, dt.time(), dt.UTC)

    @property
    def ends(self) -> dt.datetime:
        return dt.datetime.combine(self.end, dt.time(), dt.UTC)


def windows(learned_until: dt.datetime, now: dt.datetime, days: int, last: int) -> list[Window]:
    """The last so many windows of `days` days that are over at `now` (the data's clock), the oldest first.

    Their bounds depend on the version only, so the same window is the same row whenever it is looked at.
    """
    first = learned_until.astimezone(dt.UTC).date() + ONE
    whole = (now.astimezone(dt.UTC).date() - first).days // days
    length = dt.timedelta(days=days)
    return [Window(first + k * length, first + (k + 1) * length) for k in range(max(whole - last, 0), max(whole, 0))]
