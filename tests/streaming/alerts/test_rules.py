import numpy as np
import pytest

from millwright.errors import MillwrightError
from millwright.reference_entries import AlarmRule
from streaming.alerts.rules import Rules, read_rules

CHANNELS = ("vibration", "current")


def _rules(*entries):
    return Rules([], [AlarmRule(equipment_type=kind, channel=channel, **rest) for kind, channel, rest in entries])


def test_a_field_is_taken_from_the_nearest_entry_that_gives_it():
    rules = _rules(
        ("*", "*", {"stuck_seconds": 1, "hysteresis": 0.1, "silent_seconds": 9}),
        ("*", "current", {"stuck_seconds": 2}),
        ("press", "*", {"stuck_seconds": 3}),
        ("press", "vibration", {"hysteresis": 0.2}),
    )
    table = rules.table(CHANNELS)
    press, other = rules.code("press"), rules.code("no such type")
    assert (table.stuck[press] / 1e6).tolist() == [3, 3]
    assert (table.stuck[other] / 1e6).tolist() == [1, 2]
    assert table.hysteresis[press].tolist() == [0.2, 0.1]
    assert (table.silent[press] / 1e6).tolist() == [9, 9, 0]  # what holds for channels says nothing of the machine


def test_0_switches_a_rule_off():
    table = _rules(("*", "*", {"rate_per_minute": 6}), ("*", "current", {"rate_per_minute": 0})).table(CHANNELS)
    assert table.rate[0].tolist() == [6 / 60e6, np.inf]


def test_events_have_the_severity_that_the_machines_type_gives_them():
    rules = _rules(("*", "machine", {"error": "warning"}), ("press", "machine", {"error": "none"}))
    assert [rules.severity(kind, "error") for kind in ("press", "robot")] == ["none", "warning"]
    assert rules.severity("robot", "failure") == "none"


def test_a_channel_that_no_stream_has_is_told_by_file_and_entry(tmp_path):
    (tmp_path / "alarm_rules.yml").write_text("- {equipment_type: '*', channel: vibratoin, stuck_seconds: 60}")
    with pytest.raises(MillwrightError, match=r"alarm_rules\.yml: entry 1: channel: no stream has .* 'vibratoin'"):
        read_rules(tmp_path)


def test_the_plants_own_rules_can_be_read():
    assert len(read_rules()) > 20
