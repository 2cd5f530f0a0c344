"""Which rows belong to the windows of new rows: held against a look at every row."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import TIMESTAMP, contract
from spark_jobs import parts, windows
from spark_jobs.parts import Part, touched
from spark_jobs.windows import News, behind, reached

MINUTE = 60_000_000
DAY_START = parts.midnight(dt.date(2015, 6, 30)) + 20 * 60 * MINUTE  # four hours before midnight
SPEC = contract("equipment-sensors")


def table(rows):
    """Readings (machine, minute) as rows of silver."""
    return pa.table(
        {
            "equipment_id": pa.array([machine for machine, _ in rows], pa.string()),
            "event_time": pa.array([DAY_START + minute * MINUTE for _, minute in rows], TIMESTAMP),
        }
    )


class Table:
    """Parts in memory, cut as silver cuts them."""

    def __init__(self, rows):
        self.rows = {}
        ordered = table(sorted(rows, key=lambda row: row[::-1]))
        times = ordered["event_time"].cast(pa.int64()).to_numpy()
        for piece in parts.pieces(times, []):
            held = ordered.slice(piece.start, piece.stop - piece.start)
            first, last = times[piece.start], times[piece.stop - 1]
            date = held["event_time"][0].as_py().date()
            self.rows[Part(f"{first}", date, len(held), 1, int(first), int(last))] = held
        self.parts = sorted(self.rows, key=lambda part: part.first)

    def scan(self, chosen, columns, since, keys):
        """As `Silver.scan`."""
        found = pa.concat_tables([table([]), *(self.rows[part] for part in chosen)])
        found = found.filter(pc.greater(found["event_time"].cast(pa.int64()), since))
        if keys is not None:
            found = found.filter(pc.is_in(found["equipment_id"], value_set=keys))
        return found.select(list(columns))


def news(rows):
    at = pa.array([DAY_START + minute * MINUTE for _, minute in rows], TIMESTAMP)
    return News.of(pa.table({"equipment_id": [machine for machine, _ in rows], "first": at, "last": at}), SPEC)


def window(row, rows, readings):
    """The rows before this one that it is judged by, itself apart."""
    machine, minute = row
    before = sorted(m for who, m in rows if who == machine and minute - 180 < m < minute)
    return {(machine, m) for m in before[-(readings - 1) :]}


def of_part(there, row):
    """The part that holds a row."""
    at = DAY_START + row[1] * MINUTE
    return next(part for part in there.parts if part.first <= at <= part.last)


readings = st.sets(st.tuples(st.sampled_from("ABC"), st.integers(0, 600)), max_size=80)


@given(readings, readings.filter(bool), st.sampled_from([1, 5, 20, 1000]), st.sampled_from([3, 10, 60]))
def test_all_rows_that_windows_hold_are_found(old, new, part_rows, readings):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", part_rows)
        patch.setattr(windows, "_OTHERS", readings - 1)
        there, found = Table(old), news(sorted(new))
        own = touched(there.parts, found.first, found.last)
        again = own | reached(found, there.parts, own, there.scan)
        context = behind(found, there.parts, again, ["equipment_id", "event_time"], there.scan)

    rows = old | new
    # A row that is not written again has the window that it had.
    kept = {row for row in old if of_part(there, row) not in again}
    for row in kept:
        assert not window(row, rows, readings) & new
    # Those that are have theirs at hand.
    minutes = [(at - DAY_START) // MINUTE for at in context["event_time"].cast(pa.int64()).to_pylist()]
    at_hand = set(zip(context["equipment_id"].to_pylist(), minutes, strict=True))
    assert at_hand <= kept
    for row in rows - kept:
        assert window(row, rows, readings) <= at_hand | (rows - kept)


def test_a_late_reading_reaches_no_further_than_its_windows():
    there = Table({("A", minute) for minute in range(600)})
    assert len(there.parts) == 2  # one on each date
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", 20)
        there = Table({("A", minute) for minute in range(600)})
        found = news([("A", 30)])
        own = touched(there.parts, found.first, found.last)
        assert {of_part(there, ("A", 30))} == own
        assert len(reached(found, there.parts, own, there.scan)) == 3  # 59 readings in parts of 20
        other = news([("B", 30)])
        assert reached(other, there.parts, own, there.scan) == set()


def test_looking_back_ends_where_every_series_has_its_window():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "ROWS", 20)
        there = Table({("A", minute) for minute in range(240)})
    looked = []

    def scan(chosen, *how):
        looked.extend(chosen)
        return there.scan(chosen, *how)

    assert len(behind(news([("A", 240)]), there.parts, set(), ["equipment_id"], scan)) == 59
    assert len(looked) == 3
