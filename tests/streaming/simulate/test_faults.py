from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright.contracts import contract
from streaming.simulate.faults import Faults, Message, Tally, disturbed
from streaming.simulate.plant import plant
from streaming.simulate.records import SENSORS, history
from tests.streaming.simulate.avro import decoded

END = datetime(2026, 4, 6, tzinfo=UTC)
NOW = datetime(2026, 4, 20, tzinfo=UTC)
CLEAN = list(history(plant(3, 3, 5, END), timedelta(hours=2)))
SHARE = st.sampled_from([0.0, 0.02, 0.3, 1.0])


def rows_of(items):
    """Rows by stream in the order sent, decoded from bytes where they were sent as such; and what is no record."""
    for item in items:
        if isinstance(item, Message):
            yield item.stream, decoded(item, schema_id=1), item
        else:
            stream, table = item
            yield from ((stream, row, None) for row in table.to_pylist())


def identity(stream, row):
    return (stream, tuple(sorted(row.items(), key=lambda pair: pair[0])))


WANTED = Counter(identity(stream, row) for stream, row, _ in rows_of(CLEAN))


@settings(max_examples=15, deadline=None)
@given(
    st.builds(Faults, duplicates=SHARE, corrupt=SHARE, late=SHARE, out_of_order=SHARE, future=SHARE, clock_skew=SHARE)
)
def test_faults_on_the_way_neither_lose_nor_change_a_record(faults):
    tally = Tally()
    sent = list(rows_of(disturbed(iter(CLEAN), faults, 5, {s: 1 for s, _ in CLEAN}, NOW, tally)))
    valid = [(stream, row) for stream, row, _ in sent if row is not None and row["event_time"] < NOW]
    found = Counter(identity(stream, row) for stream, row in valid)
    assert set(found) == set(WANTED)
    doubled, corrupt, future = (tally.faults.get(n, Counter()).total() for n in ("duplicates", "corrupt", "future"))
    assert found.total() == WANTED.total() + doubled
    assert len(sent) == WANTED.total() + doubled + corrupt + future
    assert tally.good == Counter(stream for stream, *_ in rows_of(CLEAN))
    if faults.corrupt == 1.0:
        assert corrupt == WANTED.total()


def disturb(**shares):
    tally = Tally()
    items = list(disturbed(iter(CLEAN), Faults(**shares), 5, {s: 1 for s, _ in CLEAN}, NOW, tally))
    return items, tally


def test_late_records_come_after_records_that_are_days_newer():
    items, tally = disturb(late=0.05)
    newest, late = END - timedelta(days=9), 0
    for stream, row, _ in rows_of(items):
        if stream == SENSORS:
            late += row["event_time"] < newest.replace(hour=0)
            newest = max(newest, row["event_time"])
    assert late > 0.4 * tally.faults["late"][SENSORS] > 0


def test_out_of_order_records_come_after_newer_ones():
    assert _inversions(disturb()[0]) == 0
    assert _inversions(disturb(out_of_order=0.1)[0]) > 5


def _inversions(items):
    newest, found = {}, 0
    for stream, row, _ in rows_of(items):
        if stream == SENSORS:
            machine = row["equipment_id"]
            found += row["event_time"] < newest.get(machine, row["event_time"])
            newest[machine] = max(row["event_time"], newest.get(machine, row["event_time"]))
    return found


def test_a_wrong_clock_is_the_producers_and_the_record_is_unharmed():
    items, tally = disturb(clock_skew=0.2)
    skewed = [i for i in items if isinstance(i, Message)]
    assert len(skewed) == sum(tally.faults["clock_skew"].values()) > 10
    assert all(abs(m.timestamp_ms - NOW.timestamp() * 1000) <= 5 * 86_400_000 for m in skewed)
    assert Counter(identity(s, r) for s, r, _ in rows_of(items)) == WANTED


def test_nulls_take_values_and_nothing_else_and_do_not_hang_on_other_faults():
    alone, with_others = disturb(nulls=0.1), disturb(nulls=0.1, late=0.3, duplicates=0.2, corrupt=0.2)
    assert alone[1].faults["nulls"] == with_others[1].faults["nulls"]
    assert set(alone[1].faults["nulls"]) == {SENSORS}
    table = pa.concat_tables([rows for stream, rows in alone[0] if stream == SENSORS])
    gaps = sum(table[c.name].null_count for c in contract(SENSORS).channels)
    assert gaps == alone[1].faults["nulls"][SENSORS] > 0
    clean = pa.concat_tables([rows for stream, rows in CLEAN if stream == SENSORS])
    assert table.drop_columns([c.name for c in contract(SENSORS).channels]) == clean.drop_columns(
        [c.name for c in contract(SENSORS).channels]
    )
