from __future__ import annotations

import datetime as dt

import pytest

from dashboards.report.week import Week, last_whole, named
from millwright.errors import MillwrightError


@pytest.mark.parametrize(
    ("now", "monday"),
    [
        ("2026-04-05 22:30", "2026-03-23"),  # Sunday: this week is not over
        ("2026-04-05 23:10", "2026-03-30"),  # the hour's reading that ends it is in
        ("2026-04-06 06:00", "2026-03-30"),
        ("2026-04-12 12:00", "2026-03-30"),
    ],
)
def test_the_newest_week_is_the_one_that_is_over(now, monday):
    assert str(last_whole(dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)).first) == monday


def test_a_week_has_the_name_that_iso_gives_it():
    week = Week(dt.date(2025, 12, 29))
    assert (week.name, week.before.name, str(week.last)) == ("2026-W01", "2025-W52", "2026-01-04")
    assert named("2026-W01") == week


@pytest.mark.parametrize("text", ["2026-W54", "2026-14", "last", "2026-W00", ""])
def test_what_is_no_week_is_told(text):
    with pytest.raises(MillwrightError, match="is no week") as error:
        named(text)
    assert "2026-W14" in error.value.remedy
