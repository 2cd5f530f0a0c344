from __future__ import annotations

import datetime as dt
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spark_jobs import parts
from spark_jobs.parts import DAY, Part, changed_spans, part_path, pieces, touched

MIDNIGHT = parts.midnight(dt.date(2015, 6, 30))


def part(first, last, rows=10):
    """A part of the hours from `first` to `last`."""
    at = MIDNIGHT + first * 3_600_000_000, MIDNIGHT + last * 3_600_000_000
    date = dt.date(1970, 1, 1) + dt.timedelta(days=at[0] // DAY)
    return Part(part_path(f"event_date={date}", *at), date, rows, 1, *at)


def hours(*found):
    return np.array([MIDNIGHT + hour * 3_600_000_000 for hour in found], dtype=np.int64)


times = st.lists(st.integers(0, 60), max_size=60).map(lambda found: hours(*sorted(found)))
kept_hours = st.lists(st.integers(0, 59), max_size=6, unique=True).map(sorted)


@given(times, kept_hours, st.sampled_from([1, 3, 10, 1000]))
def test_pieces_hold_every_row_once_and_overlap_nothing(times, kept, size):
    others = [part(hour + 0.25, hour + 0.75) for hour in kept if (hour + 0.25) // 24 == (hour + 0.75) // 24]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", size)
        cut = list(pieces(times, others))
    assert [n for piece in cut for n in range(piece.start, piece.stop)] == list(range(len(times)))
    spans = [(times[piece.start], times[piece.stop - 1]) for piece in cut]
    assert all(first // DAY == last // DAY for first, last in spans)
    whole = sorted([*spans, *((p.first, p.last) for p in others)])
    assert all(before[1] < after[0] for before, after in pairwise(whole))
    # No heap of small files: all but the last of a stretch are full.
    assert len(cut) <= len(times) // size + len(others) + 3


@given(times.filter(len), st.sets(st.integers(0, 59)), st.sampled_from([1, 10, 1000]))
def test_every_part_that_may_hold_a_new_rows_equal_is_touched(times, held, rows):
    there = [part(hour, hour + 0.9, rows) for hour in sorted(held)]
    found = touched(there, times, times)
    for one in there:
        if any(one.first <= at <= one.last for at in times):
            assert one in found
    assert all(any(abs(one.first - at) < 2 * DAY for at in times) for one in found)


def test_rows_that_follow_a_small_part_join_it_and_those_after_a_full_one_do_not():
    after = hours(5)
    small, full, tomorrow = part(1, 2), part(1, 2, parts.ROWS), part(25, 26)
    assert touched([small], after, after) == {small}
    assert touched([full], after, after) == set()
    assert touched([tomorrow], after, after) == set()
    following = part(6, 7)
    assert touched([full, following, tomorrow], after, after) == {following}


@given(st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)), st.sets(st.integers(0, 40)))
def test_changed_spans_hold_what_changed_and_no_part_that_did_not(same, gone, come):
    unchanged = [part(hour, hour + 0.9) for hour in same]
    before = [part(hour, hour + 0.9) for hour in gone - same]
    after = [part(hour + 0.1, hour + 0.8) for hour in come - same]
    spans = changed_spans([*unchanged, *before], [*unchanged, *after])
    for changed in [*before, *after]:
        assert any(first <= changed.first and changed.last <= last for first, last in spans)
    for one in unchanged:
        assert not any(first <= one.last and one.first <= last for first, last in spans)
    assert all(one[1] < other[0] for one, other in pairwise(sorted(spans)))


def test_a_file_that_names_no_times_may_hold_any_of_its_date():
    action = {"path": "event_date=2015-06-30/part-00000-c000.snappy.parquet", "num_records": 5, "size_bytes": 7}
    found = Part.of({**action, "partition.event_date": dt.date(2015, 6, 30)}, "event_date")
    assert (found.first, found.last) == (MIDNIGHT, MIDNIGHT + DAY - 1)
    named = Part.of({**action, "path": part(1, 2).path, "partition.event_date": dt.date(2015, 6, 30)}, "event_date")
    assert (named.first, named.last) == (part(1, 2).first, part(1, 2).last)
