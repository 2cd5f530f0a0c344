"""A production week, Monday to Sunday."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from millwright.errors import MillwrightError

_ISO = re.compile(r"(\d{4})-W(\d{2})")
# The newest reading lies a little before the moment that it speaks for.
_READING = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Week:
    """The seven days from `first`, a Monday."""

    first: dt.date

    @property
    def last(self) -> dt.date:
        return self.first + dt.timedelta(days=6)

    @property
    def before(self) -> Week:
        return Week(self.first - dt.timedelta(days=7))

    @property
    def name(self) -> str:
        """As ISO 8601 has it: 2026-W14."""
        year, number, _ = self.first.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def days(self) -> list[str]:
        """The period as a filter takes it."""
        return [str(self.first), str(self.last)]


def last_whole(now: dt.datetime) -> Week:
    """The newest week that was over at this moment (of the data's clock, in UTC)."""
    today = (now + _READING).date()
    return Week(today - dt.timedelta(days=today.weekday() + 7))


def named(text: str) -> Week:
    """2026-W14 as a week. Raises MillwrightError when there is no such week."""
    if found := _ISO.fullmatch(text):
        try:
            return Week(dt.date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError:
            pass
    raise MillwrightError(f"{text!r} is no week.", "Write year and ISO week, such as 2026-W14.")
