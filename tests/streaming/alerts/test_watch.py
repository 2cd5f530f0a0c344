from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.reference_entries import AlarmLimit, AlarmRule
from streaming.alerts.rules import Rules
from tests.streaming.alerts.oracle import Machine
from tests.streaming.alerts.readings import BEGIN, copy, empty, judge, known, said, unique

PRESS = AlarmLimit(equipment_type="press", channel="vibration", warning_high=10.0, critical_high=20.0, warning_low=2.0)
ANY = AlarmLimit(equipment_type="*", channel="vibration", warning_high=100.0)
LIMITS = Rules([PRESS, ANY, AlarmLimit(equipment_type="*", channel="temperature", warning_high=90.0)])


def _with(**rule):
    return Rules([PRESS], [AlarmRule(equipment_type="*", channel="*", **rule)])


def _said(state, *rows, rules=LIMITS, **more):
    return said(judge(state, rules, *rows, **more))


def test_a_value_that_sways_about_its_limit_raises_once():
    swaying = [(minute, 10.2 if minute % 2 else 9.8) for minute in range(1, 50)]
    assert _said(empty(), *swaying) == [("raised", "limit_high", "warning", 10.2)]


def test_an_alarm_ends_five_per_cent_inside_its_limit():
    state = empty()
    assert len(_said(state, (0, 11.0), (1, 9.51))) == 1
    assert _said(state, (2, 9.5)) == [("cleared", "limit_high", "warning", 9.5)]
    assert _said(state, (3, 10.0)) == []
    assert len(_said(state, (4, 10.1))) == 1


def test_the_hysteresis_is_a_setting():
    state, rules = empty(), _with(hysteresis=0.2)
    assert len(_said(state, (0, 11.0), (1, 8.1), rules=rules)) == 1
    assert len(_said(state, (2, 8.0), rules=rules)) == 1


def test_a_low_limit_raises_below_itself():
    assert _said(empty(), (0, 1.9), (1, 2.05), (2, 2.1)) == [
        ("raised", "limit_low", "warning", 1.9),
        ("cleared", "limit_low", "warning", 2.1),
    ]


def test_a_critical_value_raises_both_severities():
    assert {severity for _, _, severity, _ in _said(empty(), (0, 25.0))} == {"warning", "critical"}


def test_limits_close_together_end_an_alarm_in_their_middle():
    close = Rules([AlarmLimit(equipment_type="*", channel="vibration", warning_low=100.0, warning_high=102.0)])
    state = empty()
    assert len(_said(state, (0, 103.0), rules=close)) == 1
    assert len(_said(state, (1, 101.0), rules=close)) == 1


def test_a_type_without_limits_of_its_own_has_those_of_any():
    assert _said(empty(), (0, 50.0), kind="robot") == []
    assert len(_said(empty(), (0, 101.0), kind="robot")) == 1


def test_an_alarm_whose_limit_is_no_more_ends_with_the_next_value():
    state = empty()
    _said(state, (0, 11.0))
    assert _said(state, (1, 11.0), rules=_with(least_raised_seconds=900)) == []
    other = Rules([], [AlarmRule(equipment_type="*", channel="*", least_raised_seconds=900)])
    assert [a[0] for a in _said(state, (2, 11.0), rules=other)] == ["cleared"]


def test_a_missing_value_changes_nothing():
    state = empty()
    _said(state, (0, 11.0))
    assert _said(state, (1, None)) == []
    assert len(state.standing()) == 1


@pytest.mark.parametrize("minute", [4, 5])
def test_a_reading_that_is_not_newer_changes_nothing(minute):
    state = empty()
    _said(state, (5, 3.0))
    before = known(state)
    assert _said(state, (minute, 50.0)) == []
    assert known(state) == before


def test_a_cleared_alarm_has_the_id_of_the_raised_one():
    alerts = judge(empty(), LIMITS, (0, 11.0), (1, 3.0), (2, 11.0))
    first, cleared, second = (alert["alert_id"] for alert in alerts)
    assert first == cleared != second


def test_a_value_has_to_be_beyond_its_limit_for_as_long_as_the_rule_says():
    rules = _with(raise_after_seconds=120)
    assert _said(empty(), (0, 11.0), (1, 11.0), (1.5, 9.9), (2, 11.0), (3, 11.0), rules=rules) == []
    state = empty()
    assert _said(state, (0, 11.0), (1, None), rules=rules) == []
    assert _said(state, (2, 12.0), rules=rules) == [("raised", "limit_high", "warning", 12.0)]


@given(st.lists(st.floats(0.01, 5.0), min_size=100, max_size=400), st.integers(0, 2**31))
def test_a_value_that_flaps_for_an_hour_pages_at_most_four_times(steps, seed):
    """However it flaps: the steps between readings (minutes) and the values are anything."""
    values = [9.0 if (seed >> (at % 31)) & 1 else 11.0 for at in range(len(steps))]
    minute, rows = 0.0, []
    for step, value in zip(steps, values, strict=True):
        if minute <= 60:
            rows.append((minute, value))
        minute += step
    alerts = _said(empty(), *rows, rules=_with(least_raised_seconds=900))
    assert sum(state == "raised" for state, *_ in alerts) <= 4


def test_a_value_that_jumps_is_a_rate_of_change_at_once():
    rules = _with(rate_per_minute=1.0, rate_over_minutes=5)
    slow = [(minute, 3.0 + minute * 0.2) for minute in range(10)]
    state = empty()
    assert _said(state, *slow, rules=rules) == []
    assert judge(state, rules, (10, 9.9))[0]["rule"] == "rate_of_change"


def test_noise_between_close_readings_is_no_rate_of_change():
    rules = _with(rate_per_minute=1.0, rate_over_minutes=5)
    noisy = [(second / 60, 5.0 + second % 2) for second in range(1200)]  # 60 a minute, were it held against the last
    assert _said(empty(), *noisy, rules=rules) == []


def test_a_value_that_stays_the_same_is_stuck_until_it_moves():
    rules = _with(stuck_seconds=600, stuck_readings=5)
    state = empty()
    assert _said(state, *[(minute * 4, 5.0) for minute in range(4)], rules=rules) == []  # long enough, too few
    assert _said(state, (16, 5.0), rules=rules) == [("raised", "stuck", "warning", 5.0)]
    assert _said(state, (20, 5.0), rules=rules) == []
    assert _said(state, (24, 5.1), rules=rules) == [("cleared", "stuck", "warning", 5.1)]


def test_a_value_of_rest_is_never_stuck():
    rules = _with(stuck_readings=3, rest_value=5.0)
    assert _said(empty(), *[(minute, 5.0) for minute in range(20)], rules=rules) == []


def test_a_channel_that_is_constant_by_design_opts_out():
    off = AlarmRule(equipment_type="press", channel="vibration", stuck_seconds=0, stuck_readings=0)
    rules = Rules([], [AlarmRule(equipment_type="*", channel="*", stuck_readings=3), off])
    same = [(minute, 5.0) for minute in range(20)]
    assert _said(empty(), *same, rules=rules) == []
    assert len(_said(empty(), *same, rules=rules, kind="robot")) == 1


_ROWS = st.lists(
    st.tuples(
        st.integers(0, 60),
        st.one_of(st.none(), st.sampled_from([1.0, 2.0, 2.05, 3.0, 9.5, 9.6, 10.0, 10.5, 19.0, 21.0])),
        st.sampled_from("abc"),
    ),
    max_size=60,
)
_VALUES = st.one_of(st.none(), st.sampled_from([1.0, 3.0, 3.0, 9.6, 10.5, 21.0]))
_RISING = st.lists(
    st.tuples(st.sampled_from([0.01, 0.5, 1, 1, 1, 2, 7, 30]), _VALUES, st.sampled_from("ab")), max_size=80
)
_RULE = st.builds(
    AlarmRule,
    equipment_type=st.just("*"),
    channel=st.just("*"),
    hysteresis=st.sampled_from([0.0, 0.05, 0.5]),
    raise_after_seconds=st.sampled_from([0, 60, 200]),
    least_raised_seconds=st.sampled_from([0, 300]),
    rate_per_minute=st.sampled_from([0, 0.5, 2]),
    rate_over_minutes=st.sampled_from([1, 5]),
    stuck_seconds=st.sampled_from([0, 120]),
    stuck_readings=st.sampled_from([0, 3]),
    rest_value=st.sampled_from([None, 3.0]),
    silent_seconds=st.sampled_from([0, 60, 300]),
)


def _rules(rule, machine_silent):
    return Rules([PRESS], [rule, AlarmRule(equipment_type="*", channel="machine", silent_seconds=machine_silent)])


def _all(state, rows, rules):
    return judge(state, rules, *rows) if rows else []


def _timed(steps):
    minute, rows = 0.0, []
    for step, value, machine in steps:
        minute += step
        rows.append((round(minute, 2), value, machine))
    return rows


def _pieces(rows, cuts):
    edges = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    return [rows[low:high] for low, high in pairwise(edges)]


_ANY_ROWS = st.one_of(_ROWS, _RISING.map(_timed))
_CUTS = st.lists(st.integers(0, 80), max_size=5)


@given(_ANY_ROWS, _RULE, st.sampled_from([0, 300]), _CUTS)
def test_every_rule_does_what_it_says_however_the_readings_are_cut_into_batches(rows, rule, silent, cuts):
    told = {name: Machine(PRESS, rule, silent) for name in "abc"}
    expected = []
    for minute, value, name in rows:
        time = int((BEGIN + timedelta(minutes=minute)).timestamp() * 1_000_000)
        expected += [(name, *found) for found in told[name].read(time, value)]
    state, found = empty(), []
    for piece in _pieces(rows, cuts):
        found += _all(state, piece, _rules(rule, silent))
    short = [
        (
            a["equipment_id"],
            "silent/v" if a["rule"] == "silent" and a["channel"] else a["rule"],
            a["severity"],
            a["state"],
            a["event_time"],
        )
        for a in found
    ]
    assert sorted(short) == sorted((name, r, severity, which, at) for name, r, severity, which, _, at in expected)


@given(_ANY_ROWS, _RULE, _CUTS)
def test_how_the_readings_are_cut_into_batches_does_not_matter(rows, rule, cuts):
    whole, pieces = empty(), empty()
    at_once = _all(whole, rows, _rules(rule, 300))
    in_pieces = [alert for piece in _pieces(rows, cuts) for alert in _all(pieces, piece, _rules(rule, 300))]
    assert known(whole) == known(pieces)
    assert sorted(map(str, at_once)) == sorted(map(str, in_pieces))


@given(_ANY_ROWS, _RULE, st.integers(0, 80), st.integers(0, 80))
def test_a_service_that_goes_on_from_any_earlier_point_repeats_the_same_ids(rows, rule, saved, died):
    rules = _rules(rule, 300)
    saved, died = sorted((min(saved, len(rows)), min(died, len(rows))))
    expected = unique(_all(empty(), rows, rules))
    state = empty()
    before = _all(state, rows[:saved], rules)
    kept = copy(state)
    lost = _all(state, rows[saved:died], rules)  # sent, but the state was not saved
    again = _all(kept, rows[saved:], rules)
    assert unique(before + again) == expected
    assert unique(lost) <= expected


@given(_ANY_ROWS, _RULE)
def test_readings_that_are_sent_twice_give_no_further_alert(rows, rule):
    state = empty()
    _all(state, rows, _rules(rule, 300))
    assert _all(state, rows, _rules(rule, 300)) == []
