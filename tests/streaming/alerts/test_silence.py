"""Silence by the clock; what readings tell of it is in test_watch.py."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.reference_entries import AlarmRule
from streaming.alerts.rules import Rules
from streaming.alerts.silence import overdue, raised_by_clock
from tests.streaming.alerts.readings import BEGIN, empty, judge, unique

RULES = Rules([], [AlarmRule(equipment_type="*", channel="machine", silent_seconds=600)])
ZERO = int(BEGIN.timestamp() * 1_000_000)
MINUTE = 60_000_000
LIVE, HISTORY = 0, 90 * 24 * 60  # minutes from event time to append time


def _kind(machine):
    return "press"


def _read(state, *rows, lag=LIVE):
    appended = np.array([ZERO + (lag + row[0]) * MINUTE for row in rows], dtype=np.int64)
    return judge(state, RULES, *rows, appended=appended)


def _clock(state, minute, heard_since=-1000, partitions=frozenset({0})):
    late = overdue(state, RULES, _kind, ZERO + int(minute * MINUTE), ZERO + heard_since * MINUTE, set(partitions))
    return raised_by_clock(state, RULES, _kind, late.tolist())


def test_a_machine_that_sends_nothing_more_is_silent_though_nothing_arrives():
    state = empty()
    _read(state, (0, 3.0), (1, 3.0))
    assert _clock(state, 10.9) == []
    [alert] = _clock(state, 11)
    assert (alert["rule"], alert["state"], alert["channel"], alert["value"]) == ("silent", "raised", None, 600.0)
    assert alert["event_time"] == ZERO + 11 * MINUTE
    assert _clock(state, 30) == []


def test_the_next_reading_ends_it_with_the_same_id():
    state = empty()
    _read(state, (0, 3.0), (1, 3.0))
    [raised] = _clock(state, 40)
    [cleared] = _read(state, (60, 3.0))
    assert (cleared["state"], cleared["alert_id"]) == ("cleared", raised["alert_id"])


def test_a_reading_that_was_only_late_ends_it_no_sooner_than_it_began():
    state = empty()
    _read(state, (0, 3.0), (1, 3.0))
    [raised] = _clock(state, 40)
    [cleared] = judge(state, RULES, (2, 3.0), appended=np.array([ZERO + 41 * MINUTE]))
    assert cleared["state"] == "cleared"
    assert cleared["event_time"] == raised["event_time"]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.lists(st.integers(0, 20), max_size=5))
def test_what_the_clock_finds_early_is_what_the_next_reading_would_have_told(steps, looked):
    """However often the clock is looked at between the readings, as long as they come in time."""
    minutes = np.cumsum(steps).tolist()
    unwatched, watched = empty(), empty()
    expected = unique(_read(unwatched, *[(minute, 3.0) for minute in minutes]))
    found = []
    for number, minute in enumerate(minutes):
        if number in looked:
            found += _clock(watched, minute - 0.01)
        found += _read(watched, (minute, 3.0))
    assert unique(found) == expected


def test_an_hourly_machine_is_not_silent_between_its_hours():
    state = empty()
    assert _read(state, *[(60 * hour, 3.0) for hour in range(10)]) == []
    assert _clock(state, 60 * 9 + 299) == []
    assert len(_clock(state, 60 * 9 + 300)) == 1


def test_a_machine_of_one_reading_is_not_judged():
    state = empty()
    _read(state, (0, 3.0))
    assert _clock(state, 100_000) == []


def test_after_a_start_machines_have_their_time_to_be_heard():
    state = empty()
    _read(state, (0, 3.0), (1, 3.0))
    assert _clock(state, 60, heard_since=55) == []
    assert len(_clock(state, 65, heard_since=55)) == 1


def test_partitions_that_are_not_read_to_their_end_are_not_judged():
    state = empty()
    _read(state, (0, 3.0), (1, 3.0))
    assert _clock(state, 60, partitions={1}) == []


def test_a_replay_of_history_makes_nobody_silent_but_who_ended_before_the_others():
    state = empty()
    _read(state, (0, 3.0, "a"), (0, 3.0, "b"), (1, 3.0, "a"), (1, 3.0, "b"), (30, 3.0, "b"), lag=HISTORY)
    still_sent = HISTORY + 30.5
    assert _clock(state, still_sent) == []
    [alert] = _clock(state, HISTORY + 40)
    assert (alert["equipment_id"], alert["event_time"]) == ("a", ZERO + 11 * MINUTE)


@pytest.mark.parametrize("skew", [-20, 3])
def test_a_machine_whose_clock_is_wrong_is_judged_by_when_it_is_heard(skew):
    state = empty()
    rows = [(minute + skew, 3.0) for minute in range(20)]
    appended = np.array([ZERO + minute * MINUTE for minute in range(20)], dtype=np.int64)
    assert judge(state, RULES, *rows, appended=appended) == []
    assert _clock(state, 28.9) == []
    assert len(_clock(state, 29)) == 1
