"""Minutes by event time: the same rows however readings are cut into batches, shuffled within the grace, doubled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import hypothesis
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from streaming.analytics.minutes import rest, take
from streaming.analytics.rules import Rules
from streaming.analytics.state import State, dump, load

SPEC = contract("equipment-sensors")
BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MILLIS = round(BEGIN.timestamp() * 1000)
RULES = Rules(grace=30, idle=60, horizon=300, max_age=3600)


@dataclass(frozen=True)
class Reading:
    """A reading of `second` (event time), taken by Kafka at `taken` seconds; both after BEGIN."""

    second: float
    vibration: float | None = 1.0
    machine: str = "a"
    taken: float | None = None
    temperature: float | None = None

    @property
    def clock(self) -> float:
        return self.second if self.taken is None else self.taken

    def row(self) -> dict[str, Any]:
        at = BEGIN + timedelta(seconds=self.second)
        values = {"vibration": self.vibration, "temperature": self.temperature}
        return {"equipment_id": self.machine, "event_time": at, **values}


def _take(state: State, readings: Iterable[Reading]) -> list[dict[str, Any]]:
    those = list(readings)
    rows = pa.Table.from_pylist([reading.row() for reading in those], SPEC.arrow_schema)
    clock = np.maximum.accumulate(np.array([MILLIS + round(r.clock * 1000) for r in those], np.int64))
    return _rows(take(state, SPEC, RULES, rows, clock, int(clock[-1]) if those else state.clock).table)


def _rest(state: State, second: float) -> list[dict[str, Any]]:
    return _rows(rest(state, SPEC, RULES, MILLIS + round(second * 1000)).table)


def _rows(table: pa.Table | None) -> list[dict[str, Any]]:
    return table.to_pylist() if table is not None else []


def _short(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """(minute, readings, mean, revision) of each row."""
    minutes = [round((row["event_time"] - BEGIN).total_seconds() / 60) for row in rows]
    return [(at, row["readings"], row["mean"], row["revision"]) for at, row in zip(minutes, rows, strict=True)]


def test_a_minute_is_told_once_its_machine_is_the_grace_beyond_it():
    state = State()
    assert _take(state, [Reading(5, 1.0), Reading(55, 3.0), Reading(89.9)]) == []
    [row] = _take(state, [Reading(90, 7.0)])
    assert row == {
        "equipment_id": "a",
        "event_time": BEGIN,
        "stream": "equipment-sensors",
        "channel": "vibration",
        "readings": 2,
        "mean": 2.0,
        "minimum": 1.0,
        "maximum": 3.0,
        "last": 3.0,
        "revision": 0,
    }


def test_a_reading_that_is_late_within_the_grace_is_in_its_minute():
    came = [Reading(5, 1.0), Reading(40, 3.0), Reading(80), Reading(50, 2.0, taken=80), Reading(90)]
    assert _short(_take(State(), came)) == [(0, 3, 2.0, 0)]


def test_the_last_value_is_the_newest_and_not_the_one_that_came_last():
    [row] = _take(State(), [Reading(50, 2.0), Reading(5, 1.0), Reading(90)])
    assert row["last"] == 2.0


def test_one_machine_does_not_end_anothers_minute():
    assert _take(State(), [Reading(5), Reading(20, machine="b"), Reading(58, machine="b")]) == []
    state = State()
    _take(state, [Reading(5)])
    assert _take(state, [Reading(91, machine="b", taken=6)]) == []


def test_each_channel_that_has_readings_has_a_row():
    rows = _take(State(), [Reading(5, 1.0, temperature=60.0), Reading(6, None, temperature=62.0), Reading(90)])
    assert [(row["channel"], row["readings"], row["mean"]) for row in rows] == [
        ("temperature", 2, 61.0),
        ("vibration", 1, 1.0),
    ]


def test_a_machine_that_falls_silent_has_its_last_minute_told():
    state = State()
    assert _take(state, [Reading(5), Reading(64.9, machine="b")]) == []
    assert _short(_take(state, [Reading(65, machine="b")])) == [(0, 1, 1.0, 0)]


def test_a_topic_that_falls_silent_has_its_last_minutes_told_by_the_clock():
    state = State()
    _take(state, [Reading(5), Reading(6, machine="b")])
    assert _rest(state, 64.9) == []
    assert _short(_rest(state, 66)) == [(0, 1, 1.0, 0), (0, 1, 1.0, 0)]
    assert _rest(state, 1000) == []


def test_a_late_reading_has_its_minute_told_again_once():
    state = State()
    assert len(_take(state, [Reading(5, 1.0), Reading(90)])) == 1
    late = [Reading(6, 3.0, taken=100), Reading(7, 5.0, taken=120)]
    assert _take(state, late) == []
    assert _short(_take(state, [Reading(118, taken=130)])) == [(0, 3, 3.0, 1)]
    assert _take(state, [Reading(119, taken=131)]) == []


def test_readings_that_come_later_still_tell_it_once_more():
    rows, _ = _cut([Reading(5), Reading(90), *(Reading(6 + at, taken=91 + 20 * at) for at in range(4))], set())
    assert [short for short in _short(rows) if short[0] == 0] == [(0, 1, 1.0, 0), (0, 3, 1.0, 1), (0, 5, 1.0, 2)]


def test_late_readings_are_told_before_they_are_forgotten():
    state = State()
    _take(state, [Reading(5), Reading(90), Reading(6, 3.0, taken=91)])
    assert sorted(_short(_take(state, [Reading(400, taken=92)]))) == [(0, 2, 2.0, 1), (1, 1, 1.0, 0)]
    assert _take(state, [Reading(401, taken=123)]) == []


def test_late_readings_of_a_minute_that_had_none_tell_it_for_the_first_time():
    state = State()
    _take(state, [Reading(100)])
    assert _take(state, [Reading(6, 3.0, taken=101)]) == []
    assert _short(_take(state, [Reading(105, taken=131)])) == [(0, 1, 3.0, 0)]


def test_a_correction_that_comes_late_takes_the_values_place():
    state = State()
    _take(state, [Reading(5, 1.0), Reading(90)])
    rows = [*_take(state, [Reading(5, 4.0, taken=91), Reading(6, taken=92)]), *_rest(state, 122)]
    assert _short(rows)[:1] == [(0, 2, 2.5, 1)]


def test_a_correction_that_takes_the_only_value_away_says_so():
    state = State()
    _take(state, [Reading(5, 1.0, temperature=50.0), Reading(90)])
    rows = [*_take(state, [Reading(5, None, taken=91, temperature=50.0)]), *_rest(state, 122)]
    found = {row["channel"]: (row["readings"], row["mean"]) for row in rows if row["revision"] == 1}
    assert found == {"temperature": (1, 50.0), "vibration": (0, None)}


@pytest.mark.parametrize("again", [6.0, 91.0, 200.0])
def test_a_reading_that_comes_twice_changes_nothing(again: float):
    state = State()
    rows = _take(state, [Reading(5, 1.0), Reading(6, 2.0), Reading(90 if again > 6 else 10)])
    rows += _take(state, [Reading(5, 1.0, taken=again), Reading(91, taken=again), Reading(95, taken=again)])
    rows += _rest(state, 1000)
    assert [short for short in _short(rows) if short[0] == 0] == [
        (0, 2 if again > 6 else 3, 4 / 3 if again == 6 else 1.5, 0)
    ]


def test_a_reading_beyond_the_horizon_changes_nothing_and_is_counted():
    state = State()
    _take(state, [Reading(5), Reading(360)])
    late = [Reading(6, 9.0, taken=361)]
    rows = pa.Table.from_pylist([reading.row() for reading in late], SPEC.arrow_schema)
    told = take(state, SPEC, RULES, rows, np.array([MILLIS + 361_000]), MILLIS + 361_000)
    assert (told.table, told.counts["too_late"], told.counts["late"]) == (None, 1, 0)
    assert _short(_rest(state, 1000)) == [(6, 1, 1.0, 0)]


def test_history_is_left_to_the_batch_layer_and_counted():
    state = State()
    rows = pa.Table.from_pylist([Reading(0).row(), Reading(5).row()], SPEC.arrow_schema)
    clock = np.array([MILLIS + 3_600_001, MILLIS + 3_605_000])
    told = take(state, SPEC, RULES, rows, clock, int(clock[-1]))
    assert (told.counts["history"], told.counts["taken"]) == (1, 1)


def test_nothing_is_kept_that_no_reading_can_change():
    state = State()
    for minute in range(100):
        _take(state, [Reading(60 * minute + second, machine=m) for second in (0, 30) for m in "ab"])
    assert len(state.minutes) == 2 * 6
    assert set(state.readings) == {minute for _, minute in state.minutes}
    assert sum(len(kept.of(kept.machines)) for kept in state.readings.values()) == 2 * 2 * 6


# Event times near one another, so that minutes are shared, and some that are minutes off; arrivals with silences.
_offsets = st.sampled_from([0.0, 0.1, 20.0]) | st.sampled_from([-45.0, -100.0, -100.1, -380.0, 61.0, 280.0])
_readings = st.lists(
    st.tuples(
        _offsets,
        st.sampled_from([1.0, 0.1, 0.7, None]),
        st.sampled_from("aab"),
        st.sampled_from([0.0, 0.1, 1.0, 5.0, 20.0, 30.0, 61.0]),
    ),
    max_size=40,
)


def _arriving(drawn: list[tuple[float, float | None, str, float]]) -> list[Reading]:
    """Kafka takes each some seconds after the one before."""
    found, clock = [], 600.0
    for offset, value, machine, pause in drawn:
        clock += pause
        found.append(Reading(round(clock + offset, 1), value, machine, clock))
    return found


def _cut(readings: list[Reading], places: set[int], save: bool = False) -> tuple[list[dict[str, Any]], State]:
    rows, state = list[dict[str, Any]](), State()
    for begin, end in pairwise([0, *sorted(place for place in places if 0 < place < len(readings)), len(readings)]):
        rows += _take(state, readings[begin:end])
        if save:
            state = load(dump(state))
    return rows + _rest(state, 10_000), state


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["event_time"], row["equipment_id"], row["channel"], row["revision"]


@hypothesis.settings(max_examples=400)
@given(_readings, st.sets(st.integers(1, 40)), st.booleans())
def test_the_rows_do_not_depend_on_the_batches_nor_on_a_restart_between_them(drawn, places, save):
    readings = _arriving(drawn)
    whole, _ = _cut(readings, set())
    cut, _ = _cut(readings, places, save)
    assert sorted(cut, key=_key) == sorted(whole, key=_key)


def _directly(readings: list[Reading]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """(minute, machine, channel) to (readings, mean, minimum, maximum, last), one reading after the other."""
    newest, minutes = dict[str, float](), dict[tuple[int, str], dict[float, Reading]]()
    for reading in readings:
        minute = int(reading.second // 60)
        if (minute + 1) * 60 + RULES.horizon > newest.get(reading.machine, -1e9):
            minutes.setdefault((minute, reading.machine), {})[reading.second] = reading
        newest[reading.machine] = max(newest.get(reading.machine, -1e9), reading.second)
    found = {}
    for (minute, machine), by_time in minutes.items():
        values = [value for _, r in sorted(by_time.items()) if (value := r.vibration) is not None]
        if values:
            mean = pytest.approx(sum(values) / len(values))
            found[minute, machine, "vibration"] = (len(values), mean, min(values), max(values), values[-1])
    return found


def _newest(rows: list[dict[str, Any]]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What the newest revisions say, where there are readings."""
    found = {}
    for row in rows:
        minute = round((row["event_time"] - BEGIN).total_seconds() / 60)
        numbers = (row["readings"], row["mean"], row["minimum"], row["maximum"], row["last"])
        found[minute, row["equipment_id"], row["channel"]] = numbers
    return {key: numbers for key, numbers in found.items() if numbers[0]}


@given(_readings)
def test_the_newest_revisions_are_what_all_readings_say(drawn):
    readings = _arriving(drawn)
    rows, _ = _cut(readings, set())
    assert _newest(rows) == _directly(readings)
    for key in {_key(row)[:3] for row in rows}:
        revisions = [row["revision"] for row in rows if _key(row)[:3] == key]
        assert revisions == sorted(set(revisions))


@given(_readings, st.integers(0, 2**32), st.sets(st.integers(1, 80)), st.floats(0, 1))
def test_order_within_the_grace_and_doubles_change_no_row(drawn, seed, places, share):
    # In order, without silences, one value for one moment: what a plant sends.
    times = {(round(abs(offset), 1), machine): value for offset, value, machine, _ in drawn}
    plant = [Reading(second, value, machine) for (second, machine), value in sorted(times.items(), key=lambda x: x[0])]
    rng = np.random.default_rng(seed)
    delays = [(reading, reading.second + rng.uniform(0, 29.9)) for reading in plant]
    delays += [(reading, reading.second + rng.uniform(0, 29.9)) for reading in plant if rng.random() < share]
    shuffled = [
        Reading(r.second, r.vibration, r.machine, taken=at) for r, at in sorted(delays, key=lambda pair: pair[1])
    ]
    told, _ = _cut(shuffled, places)
    whole, _ = _cut(plant, set())
    expected = {_key(row): row for row in whole if row["revision"] == 0}
    if not _has_silence(plant) and not _has_silence(shuffled):
        assert {_key(row): row for row in told} == expected
    assert _newest(told) == _newest(whole)


def _has_silence(readings: list[Reading]) -> bool:
    by_machine: dict[str, list[float]] = {}
    for reading in readings:
        by_machine.setdefault(reading.machine, []).append(reading.clock)
    return any(later - earlier >= RULES.idle for clocks in by_machine.values() for earlier, later in pairwise(clocks))
