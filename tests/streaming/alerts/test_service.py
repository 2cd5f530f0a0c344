import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest

from millwright.publish import Publisher, publish
from millwright.settings import settings

BEGIN = datetime(2026, 3, 1, tzinfo=UTC)
MACHINE = "alerts-test-press"


class Service:
    """`millwright alerts run` as a process of its own."""

    def __init__(self, failpoint: str = ""):
        environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint}
        command = [sys.executable, "-m", "millwright", "alerts", "run"]
        self.process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


@pytest.fixture
def service():
    started = []

    def start(failpoint=""):
        started.append(Service(failpoint))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.wait()


def _readings(first_minute, *vibrations):
    return [
        {"equipment_id": MACHINE, "event_time": BEGIN + timedelta(minutes=first_minute + at), "vibration": value}
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
    asset = {"equipment_id": MACHINE, "event_time": BEGIN, "equipment_name": "P", "equipment_type": "press"}
    publish("equipment-assets", [asset | {"plant_id": "X"}])
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
