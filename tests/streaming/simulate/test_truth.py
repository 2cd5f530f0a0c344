from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from millwright.reference import read
from streaming.simulate.plant import plant
from streaming.simulate.records import SENSORS, STATUS, history, sensors
from streaming.simulate.truth import truth

END = datetime(2026, 4, 6, tzinfo=UTC)
# The channel that each component's wear moves most, and which way.
MOVES = {
    "bearing": ("vibration", 1),
    "hydraulics": ("pressure", -1),
    "spindle": ("vibration", 1),
    "motor": ("current", 1),
}


@pytest.fixture(scope="module")
def built():
    return plant(20, 90, 7, END)


@pytest.fixture(scope="module")
def told(built):
    return truth(built)


def test_twenty_machines_fail_some_fifty_times_in_ninety_days(told):
    assert 40 <= sum(f["in_history"] for f in told["failures"]) <= 80
    assert any(not f["in_history"] for f in told["failures"])


def test_four_fifths_of_the_failures_show_in_the_readings_a_week_before(built, told):
    """In the day that ends 7 days before it, the channel lies 3 standard errors off what the fresh machine reads."""
    shown = []
    for failure in told["failures"]:
        at = datetime.fromisoformat(failure["time"])
        story = next(s for s in built.timelines if s.machine.equipment_id == failure["equipment_id"])
        component = next(c for c in story.components if c.name == failure["component"])
        minute = int((at - built.start) / timedelta(minutes=1))
        born = max(s for s in component.since if s < minute)
        before = minute - 7 * 1440
        if born == 0 or before - 1440 < born:  # the fresh machine was not seen
            continue
        channel, sign = MOVES[failure["component"]]
        fresh, worn = (_running(built, story, channel, a) for a in (born, before - 3 * 1440))
        error = np.hypot(fresh.std() / np.sqrt(len(fresh)), worn.std() / np.sqrt(len(worn)))
        shown.append(sign * (worn.mean() - fresh.mean()) > 3 * error)
    assert len(shown) > 15
    assert np.mean(shown) >= 0.8


def _running(built, story, channel, minute):
    from streaming.simulate.sensors import readings

    seconds = np.arange(minute * 60.0, (minute + 3 * 1440) * 60.0, 600.0)
    values = readings(story, seconds, built.seed, np.random.default_rng(minute))[channel]
    return values[story.states[story.at((seconds // 60).astype(np.int64))] == 0]


def test_what_is_said_to_be_visible_was_there_a_week_before_most_failures(told):
    ahead = [
        f["visible_since"] is not None
        and datetime.fromisoformat(f["time"]) - datetime.fromisoformat(f["visible_since"]) >= timedelta(days=7)
        for f in told["failures"]
    ]
    assert np.mean(ahead) >= 0.8


def test_a_failure_stops_the_machine_until_it_is_mended_and_mending_takes_the_wear_away(built):
    for story in built.timelines:
        repaired = [m for m in story.moments if m.kind == "maintenance"]
        for failure in (m for m in story.moments if m.kind == "failure"):
            mended = next(m for m in repaired if m.minute > failure.minute and m.component == failure.component)
            assert not mended.planned
            [state] = story.states[story.at(np.array([failure.minute + 1]))]
            assert state == 3
            before, after = story.wear(
                np.array([failure.minute, min(mended.minute, len(story.load_by_hour) * 60 - 60)])
            )[failure.component]
            assert after < 0.05 < before


def test_oee_is_what_the_records_on_status_and_production_give():
    """Worked out again from the records alone, with the calendar of the reference files."""
    built = plant(8, 30, 2, END)
    told = truth(built)
    rows = defaultdict(list)
    for stream, table in history(built, timedelta(hours=1)):
        rows[stream] += table.to_pylist()
    spans = defaultdict(list)
    for row in rows[STATUS]:
        if row["kind"] in ("running", "idle", "setup", "down"):
            spans[row["equipment_id"]].append((row["event_time"], row["kind"], row["planned"]))
    made = defaultdict(list)
    for row in rows["production-metrics"]:
        made[row["equipment_id"]].append(row)
    plants = {p.plant_id: ZoneInfo(p.timezone) for p in read("plants")}
    shifts = {(s.plant_id, s.shift): s for s in read("shifts")}
    checked = 0
    for told_shift in told["oee"]:
        shift = shifts[told_shift["plant_id"], told_shift["shift"]]
        begun = datetime.combine(
            date.fromisoformat(told_shift["shift_date"]), time.fromisoformat(shift.start), plants[shift.plant_id]
        ).astimezone(UTC)
        ended = begun + timedelta(hours=shift.hours)
        if begun < built.start or ended > built.end or told_shift["shift_seconds"] != shift.hours * 3600:
            continue
        own = spans[told_shift["equipment_id"]]
        seconds = defaultdict(float)
        for (since, kind, planned), until in zip(own, [*(s[0] for s in own[1:]), built.end], strict=True):
            seconds[kind, planned] += max((min(until, ended) - max(since, begun)).total_seconds(), 0)
        units = [r for r in made[told_shift["equipment_id"]] if begun <= r["event_time"] < ended]
        running, available = seconds["running", None], shift.hours * 3600 - seconds["down", True]
        total, good = sum(r["units"] for r in units), sum(r["good_units"] for r in units)
        if not (running and available and total):
            assert told_shift["oee"] == (0 if available else None)
            continue
        factors = (
            running / available,
            sum(r["units"] * r["ideal_cycle_time"] for r in units) / running,
            good / total,
        )
        assert (told_shift["availability"], told_shift["performance"], told_shift["quality"]) == pytest.approx(factors)
        assert told_shift["oee"] == pytest.approx(np.prod(factors))
        assert told_shift["unplanned_down_seconds"] == seconds["down", False]
        assert 0.2 < told_shift["performance"] <= 1
        checked += 1
    assert checked > 300


def test_wear_is_told_for_every_machine_and_day(built, told):
    assert len(told["wear"]) == 20 * 90
    assert len(sensors(built, 0, np.array([0.0]))) == 20
    assert SENSORS == "equipment-sensors"
