import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from click.testing import CliRunner

from millwright.contracts import contract
from millwright.publisher import Publisher, publish
from millwright.settings import settings
from streaming.alerts.cli import alerts
from streaming.alerts.rules import read_rules
from streaming.alerts.watch import watch
from tests.streaming.alerts.readings import empty

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MACHINE = "alerts-test-press"


class Service:
    """`millwright alerts run` as a process of its own."""

    def __init__(self, failpoint: str = "", **environment: str):
        more = {f"MILLWRIGHT_{name}": value for name, value in environment.items()}
        command = [sys.executable, "-m", "millwright", "alerts", "run"]
        environ = {**os.environ, **more, "MILLWRIGHT_FAILPOINT": failpoint}
        self.process = subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def service():
    started = []

    def start(failpoint="", **environment):
        started.append(Service(failpoint, **environment))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def own_rules(tmp_path):
    """A copy of the contracts, of which the rules may be changed: `own_rules(name, text)`; its folder."""
    folder = tmp_path / "contracts"
    shutil.copytree(settings().contracts_dir, folder)

    def write(name, text):
        (folder / "reference" / f"{name}.yml").write_text(text)
        return str(folder)

    return write


def _readings(first_minute, *vibrations, machine=MACHINE):
    return [
        {"equipment_id": machine, "event_time": BEGIN + timedelta(minutes=first_minute + at), "vibration": value}
        for at, value in enumerate(vibrations)
    ]


@pytest.fixture
def wait_for(sent):
    """Waits until there are so many alerts of a machine, and gives them."""

    def wait(count, machine=MACHINE, seconds=45):
        until = time.monotonic() + seconds
        while len(found := [a for a in sent("equipment-alerts") if a["equipment_id"] == machine]) < count:
            assert time.monotonic() < until, found
            time.sleep(0.3)
        return found

    return wait


def test_a_service_that_is_killed_loses_no_alert_and_repeats_the_same_ids(service, wait_for):
    publish("equipment-assets", [_press(MACHINE)])
    with Publisher() as publisher:
        publisher.send("equipment-sensors", _readings(0, 3.0, 6.0, 5.1))  # 5.2 is a press's warning limit
        publisher.send_raw("equipment-sensors", MACHINE.encode(), b"\0\0\0\0\1broken")
        publisher.send_raw("equipment-sensors", MACHINE.encode(), b"not a record")
    first = service("alerts.after_flush")  # the alert is sent, that it was sent is not noted
    assert first.process.wait(60) == -signal.SIGKILL
    assert {alert["state"] for alert in wait_for(1)} == {"raised"}

    second = service()
    found = wait_for(2)
    assert len({alert["alert_id"] for alert in found}) == 1
    publish("equipment-sensors", _readings(3, 4.0) + _readings(17, 4.0))  # an alarm stays 15 minutes
    assert {alert["state"] for alert in wait_for(3)} == {"raised", "cleared"}
    assert second.stop() == 0

    third = service()  # goes on from where it was and has nothing to say again
    publish("equipment-sensors", _readings(18, 6.0))
    found = wait_for(4)
    assert len(found) == 4
    assert len({alert["alert_id"] for alert in found}) == 2
    assert third.stop() == 0
    assert (settings().state_dir / "alerts" / "equipment-sensors").is_dir()


def test_a_service_that_is_killed_at_any_time_gives_the_alerts_of_one_that_was_not(service, sent, wait_for):
    machines = [f"alerts-kill-{number}" for number in range(8)]
    draw = random.Random(7)
    rows = []
    for minute in range(600):
        for name in machines:
            value = draw.choice([3.0, 4.0, 4.9, 5.0, 5.5, 8.0, None])
            at = BEGIN + timedelta(minutes=minute + (60 if minute > 300 else 0))  # silent for an hour
            rows.append({"equipment_id": name, "event_time": at, "vibration": value})
    publish("equipment-assets", [_press(name) for name in machines])
    table = pa.Table.from_pylist(rows, contract("equipment-sensors").arrow_schema)
    expected = {
        (alert["alert_id"], alert["state"]) for alert in watch(empty(), table, read_rules(), lambda machine: "press")
    }
    assert len(expected) > 100
    for number in range(6):
        publish("equipment-sensors", rows[number * 800 : (number + 1) * 800])
        one = service(draw.choice(["alerts.after_flush", "alerts.after_save", ""]))
        try:
            one.process.wait(draw.uniform(6, 12))  # the places of one that was killed are free after 6 s
        except subprocess.TimeoutExpired:
            one.kill()
    service()
    until = time.monotonic() + 60
    while (found := _of(sent("equipment-alerts"), machines)) != expected:
        assert time.monotonic() < until, (len(found - expected), len(expected - found))
        time.sleep(0.5)


def test_silence_is_raised_by_the_clock_and_a_kill_before_it_is_sent_loses_nothing(service, own_rules, wait_for):
    contracts_dir = own_rules("alarm_rules", "- {equipment_type: '*', channel: machine, silent_seconds: 4}")
    machine = "alerts-test-silent"
    now = datetime.now(UTC)
    rows = [{"equipment_id": machine, "event_time": now + timedelta(seconds=at / 10)} for at in range(-5, 0)]
    first = service("alerts.before_clock", CONTRACTS_DIR=contracts_dir)
    publish("equipment-sensors", rows)
    assert first.process.wait(60) == -signal.SIGKILL
    service(CONTRACTS_DIR=contracts_dir)
    [raised] = wait_for(1, machine)
    assert (raised["rule"], raised["state"], raised["channel"]) == ("silent", "raised", None)
    publish("equipment-sensors", [{"equipment_id": machine, "event_time": datetime.now(UTC)}])
    # On a busy machine the reading may be followed by a silence of its own before this is looked at.
    found = [alert for alert in wait_for(2, machine) if alert["alert_id"] == raised["alert_id"]]
    assert {alert["state"] for alert in found} == {"raised", "cleared"}


def test_a_changed_limit_holds_without_a_restart_and_a_broken_one_changes_nothing(service, own_rules, wait_for):
    limit = "- {equipment_type: '*', channel: rotation, warning_high: %s}"
    contracts_dir = own_rules("alarm_limits", limit % "1000.0")
    machine = "alerts-test-limit"
    one = service(CONTRACTS_DIR=contracts_dir)
    reading = {"equipment_id": machine, "rotation": 500.0}
    publish("equipment-sensors", [{**reading, "event_time": BEGIN}])
    time.sleep(8)
    own_rules("alarm_limits", limit % "[")
    time.sleep(2)
    own_rules("alarm_limits", limit % "400.0")
    time.sleep(2)
    publish("equipment-sensors", [{**reading, "event_time": BEGIN + timedelta(minutes=1)}])
    [alert] = wait_for(1, machine)
    assert (alert["channel"], alert["threshold"]) == ("rotation", 400.0)
    assert one.stop() == 0
    assert "The rules stay as they were" in one.process.stderr.read()


def test_a_broker_that_is_lost_under_the_service_makes_it_wait_and_go_on(service, services, wait_for):
    machine = "alerts-test-broker"
    publish("equipment-assets", [_press(machine)])
    one = service()
    publish("equipment-sensors", _readings(0, 6.0, machine=machine))
    wait_for(1, machine)
    services.kill("kafka")
    time.sleep(2)
    services.heal("topics", "schemas")
    publish("equipment-sensors", _readings(30, 3.0, 6.0, machine=machine))
    found = wait_for(3, machine, seconds=90)
    assert [alert["state"] for alert in sorted(found, key=lambda alert: alert["event_time"])] == [
        "raised",
        "cleared",
        "raised",
    ]
    assert one.process.poll() is None
    shown = json.loads(_run_ls())
    assert one.stop() == 0
    assert [alarm["rule"] for alarm in shown if alarm["equipment_id"] == machine] == ["limit_high"]


def test_stops_and_errors_are_alarms_too(service, wait_for):
    machine = "alerts-test-stop"
    event = {"equipment_id": machine, "event_time": BEGIN}
    service()
    publish(
        "equipment-status", [{**event, "kind": "down", "reason": "no air"}, {**event, "kind": "error", "code": "E9"}]
    )
    wait_for(2, machine)
    publish("equipment-status", [{**event, "event_time": BEGIN + timedelta(minutes=1), "kind": "running"}])
    found = wait_for(4, machine)
    assert {(alert["rule"], alert["state"]) for alert in found} == {
        (rule, state) for rule in ("unplanned_down", "error") for state in ("raised", "cleared")
    }


def _of(alerts, machines):
    return {(alert["alert_id"], alert["state"]) for alert in alerts if alert["equipment_id"] in machines}


def _press(machine):
    named = {"equipment_name": "P", "equipment_type": "press", "plant_id": "X"}
    return {"equipment_id": machine, "event_time": BEGIN, **named}


def _run_ls():
    until = time.monotonic() + 10
    while True:
        shown = CliRunner().invoke(alerts, ["ls", "--json"], catch_exceptions=False).output
        if "alerts-test-broker" in shown or time.monotonic() > until:
            return shown
        time.sleep(0.5)
