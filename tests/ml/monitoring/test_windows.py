"""Windows begin after what a version learned from, and stay where they are."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from ml.monitoring.windows import windows

LEARNED = dt.datetime(2026, 1, 10, 13, 30, tzinfo=dt.UTC)
moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 1, 1)).map(lambda t: t.replace(tzinfo=dt.UTC))


def test_the_first_window_begins_with_the_first_day_that_is_new():
    assert windows(LEARNED, dt.datetime(2026, 1, 17, 23, 59, tzinfo=dt.UTC), 7, 5) == []
    [only] = windows(LEARNED, dt.datetime(2026, 1, 18, tzinfo=dt.UTC), 7, 5)
    assert (only.start, only.end) == (dt.date(2026, 1, 11), dt.date(2026, 1, 18))


@given(moments, moments, st.integers(1, 10), st.integers(1, 6))
def test_windows_are_whole_over_and_the_same_whenever_one_looks(learned, now, days, last):
    found = windows(learned, now, days, last)
    assert len(found) <= last
    for window in found:
        assert window.begins > learned
        assert window.ends <= now
        assert (window.end - window.start).days == days
    later = windows(learned, now + dt.timedelta(days=days), days, last + 1)
    assert set(found) <= set(later)
