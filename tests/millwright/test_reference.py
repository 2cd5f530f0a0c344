"""Reference data from its files to the warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.reference import apply, read
from millwright.reference_entries import TABLES
from millwright.warehouse import session

LIMIT = "- {equipment_type: press, channel: temperature, warning_high: 80.0, critical_high: 95.0}\n"
QUALITY = "- {stream: '*', rule: validation_pass_rate, threshold: 0.99, severity: critical}\n"
RULE = "- {equipment_type: press, channel: current, stuck_seconds: 60}\n"


def query(statement: str) -> list[tuple[object, ...]]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def write(directory: Path, table: str, text: str) -> None:
    (directory / f"{table}.yml").write_text(text)


@pytest.mark.parametrize("table", TABLES)
def test_the_plants_own_files_can_be_read(table):
    assert read(table)


def test_alarm_limits_are_about_channels_that_there_are():
    channels = {field.name for field in contracts()["equipment-sensors"].channels}
    assert {limit.channel for limit in read("alarm_limits")} <= channels


@pytest.mark.parametrize(
    ("table", "text", "said"),
    [
        ("alarm_limits", LIMIT + LIMIT, "alarm_limits.yml: entries 1 and 2 are both for equipment_type press, channel"),
        ("alarm_limits", LIMIT.replace("80.0", "hot"), "alarm_limits.yml: entry 1: warning_high: Input should be"),
        ("alarm_limits", LIMIT.replace("80.0", "99.0"), "alarm_limits.yml: entry 1: critical_low <= warning_low"),
        ("alarm_limits", LIMIT.replace("warning_high", "warning_hihg"), "entry 1: warning_hihg: Extra inputs"),
        ("alarm_limits", "press: 80\n", "alarm_limits.yml: a list of entries is expected"),
        ("alarm_limits", "- {a: b", "alarm_limits.yml is not YAML"),
        ("alarm_rules", RULE.replace("60", "-1"), "alarm_rules.yml: entry 1: stuck_seconds: Input should be greater"),
        ("alarm_rules", RULE.replace("stuck", "stick"), "alarm_rules.yml: entry 1: stick_seconds: Extra inputs"),
        ("alarm_rules", RULE.replace(", stuck_seconds: 60", ""), "alarm_rules.yml: entry 1: there is no rule in it"),
        ("alarm_rules", RULE.replace("current", "machine"), "stuck_seconds belongs into a channel's entry"),
        ("alarm_rules", RULE.replace("stuck_seconds: 60", "error: warning"), "error belongs into an entry of the ch"),
        ("alarm_rules", RULE + RULE, "alarm_rules.yml: entries 1 and 2 are both for equipment_type press, channel"),
        ("plants", "- {plant_id: p, name: P, timezone: Mars/Olympus}", "'Mars/Olympus' is not a time zone"),
        ("shifts", "- {plant_id: p, shift: s, start: '06:30', hours: 8, days: [1]}", "entry 1: start: '06:30' is not"),
        ("quality_rules", QUALITY.replace("0.99", "99"), "the threshold of validation_pass_rate is a share, 0 to 1"),
        ("quality_rules", QUALITY.replace("critical", "bad"), "quality_rules.yml: entry 1: severity: Input should be"),
        ("quality_rules", QUALITY.replace("validation_pass_rate", "late_share"), "late_after_seconds belongs into"),
        ("quality_rules", QUALITY.replace("rule", "field: x, rule"), "a field belongs into the entries of null_share"),
        ("quality_rules", QUALITY + QUALITY, "entries 1 and 2 are both for stream *, rule validation_pass_rate"),
        ("recommendations", "- {statuses: [Normal], factor: '(', action: x}", "'(' is not a regular expression"),
    ],
)
def test_a_mistake_is_told_by_file_entry_and_field(tmp_path, table, text, said):
    write(tmp_path, table, text)
    with pytest.raises(MillwrightError) as error:
        read(table, tmp_path)
    assert said in error.value.message


def test_the_tables_hold_what_the_files_say_and_a_second_time_changes_nothing(fresh_database, tmp_path):
    write(tmp_path, "alarm_limits", LIMIT)
    assert apply(tmp_path)["alarm_limits"] == 1
    rows = query("select equipment_type, channel, warning_high, critical_low from reference.alarm_limits")
    assert rows == [("press", "temperature", 80.0, None)]
    versions = "select version, applied_at from reference.versions order by 1"
    before = query(versions)
    assert apply(tmp_path) == {}
    assert query(versions) == before


def test_a_changed_file_replaces_its_table_and_the_old_content_is_kept(fresh_database, tmp_path):
    write(tmp_path, "alarm_limits", LIMIT)
    apply(tmp_path)
    write(tmp_path, "alarm_limits", LIMIT.replace("80.0", "85.0"))
    assert apply(tmp_path) == {"alarm_limits": 1}
    assert query("select warning_high from reference.alarm_limits") == [(85.0,)]
    kept = "select entries -> 0 ->> 'warning_high' from reference.versions where table_name = 'alarm_limits'"
    assert query(f"{kept} order by version") == [("80.0",), ("85.0",)]


def test_a_mistake_in_one_file_changes_no_table(fresh_database, tmp_path):
    write(tmp_path, "alarm_limits", LIMIT)
    apply(tmp_path)
    write(tmp_path, "alarm_limits", LIMIT.replace("80.0", "85.0"))
    write(tmp_path, "recommendations", "- {statuses: [Normal], factor: '(', action: x}")
    with pytest.raises(MillwrightError):
        apply(tmp_path)
    assert query("select warning_high from reference.alarm_limits") == [(80.0,)]


def test_lists_come_as_arrays_in_the_files_order(fresh_database, tmp_path):
    first = "- {plant_id: b, shift: s, start: '06:00', hours: 8, days: [2, 1]}"
    write(tmp_path, "shifts", f"{first}\n- {{plant_id: a, shift: s, start: '00:00', hours: 24, days: [7]}}\n")
    apply(tmp_path)
    rows = query("select position, plant_id, days from reference.shifts order by position")
    assert rows == [(1, "b", [2, 1]), (2, "a", [7])]
