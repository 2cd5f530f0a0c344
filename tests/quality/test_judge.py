"""A breach is raised once and cleared when it is over, whatever runs come between."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from quality.judge import About, Decided, Finding, Told, decide
from quality.sentences import of_hour, of_silence, of_test
from tests.quality.landed import START, minute

RATE: About = ("equipment-sensors", "validation_pass_rate", "")
SILENCE: About = ("equipment-sensors", "freshness", "")


def hour(number: int, breached: bool, severity: str | None = "critical") -> Finding:
    return Finding(START + timedelta(hours=number), breached, severity, f"hour {number}")


def states(found: list[Decided]) -> list[str]:
    return [f"{each.alert['state']} {each.alert['message']}" for each in found]


class Runs:
    """Runs one after another, each knowing what those before it told."""

    def __init__(self, about: About = RATE) -> None:
        self.about, self.last, self.ids, self.told = about, None, set(), list[Decided]()

    def run(self, *findings: Finding) -> list[str]:
        found = decide(self.about, findings, self.last, self.ids)
        for each in found:
            a = each.alert
            self.last = Told(a["alert_id"], a["state"], a["severity"], each.time, a["event_time"])
            self.ids.add(a["alert_id"])
        self.told += found
        return states(found)


def test_hours_of_breach_are_one_alert_with_one_id_that_is_cleared_by_the_first_good_hour():
    runs = Runs()
    assert runs.run(hour(1, False), hour(2, True), hour(3, True)) == ["raised hour 2"]
    assert runs.run(hour(2, True), hour(3, True), hour(4, True)) == []
    assert runs.run(hour(3, True), hour(4, True), hour(5, False)) == ["cleared hour 5"]
    assert len({each.alert["alert_id"] for each in runs.told}) == 1


def test_an_hour_that_is_corrected_clears_its_alert_and_is_not_raised_a_second_time():
    runs = Runs()
    assert runs.run(hour(1, True)) == ["raised hour 1"]
    assert runs.run(hour(1, False)) == ["cleared hour 1"]
    assert runs.run(hour(1, True)) == []
    assert runs.run(hour(1, True), hour(2, True)) == ["raised hour 2"]


def test_a_rule_that_is_switched_off_clears_what_it_raised():
    runs = Runs()
    runs.run(hour(1, True))
    assert runs.run(hour(1, True, "none")) == ["cleared hour 1"]
    assert runs.run(hour(2, True, None)) == []


def test_another_silence_is_another_alert_and_over_is_never_before_raised():
    runs = Runs(SILENCE)
    stale = Finding(minute(0), True, "critical", "silent", event_time=minute(15))
    assert runs.run(stale) == ["raised silent"]
    assert runs.run(stale) == []
    again = Finding(minute(10), True, "critical", "silent again", event_time=minute(25))
    assert runs.run(again) == ["cleared silent again", "raised silent again"]
    assert [each.alert["event_time"] for each in runs.told] == sorted(each.alert["event_time"] for each in runs.told)


@given(st.lists(st.lists(st.booleans(), min_size=24, max_size=24), min_size=1, max_size=6))
def test_raised_and_cleared_take_turns_in_order_of_time(runs_seen: list[list[bool]]):
    runs = Runs()
    for at, seen in enumerate(runs_seen):
        runs.run(*(hour(number, breached) for number, breached in enumerate(seen[: 4 * (at + 1)])))
    told = [each.alert for each in runs.told]
    assert [a["state"] for a in told] == ["raised", "cleared"] * (len(told) // 2) + ["raised"] * (len(told) % 2)
    assert [a["event_time"] for a in told] == sorted(a["event_time"] for a in told)
    assert len({(a["alert_id"], a["state"]) for a in told}) == len(told)


def test_each_sentence_can_be_read_by_a_person():
    rate = of_hour("equipment-sensors", START, "validation_pass_rate", None, 0.97, None, 0.99, 1000, True)
    assert rate == (
        "equipment-sensors: 97 % of 1,000 records were valid on 01 Mar from 06:00 to 06:59 UTC, less than 99 %."
    )
    nulls = of_hour("equipment-sensors", START, "null_share", "vibration", 0.25, 0.1, 0.05, 1000, True)
    assert nulls.endswith(
        "vibration was null in 25 % of 1,000 records on 01 Mar from 06:00 to 06:59 UTC, usually in 10 %."
    )
    assert of_silence("s", "m1", START, 900, True) == (
        "m1 (s): nothing has come since 01 Mar 06:00 UTC; 15 min would be usual."
    )
    assert of_test("not_null_x", 3, True, "") == "The test not_null_x fails for 3 rows."
