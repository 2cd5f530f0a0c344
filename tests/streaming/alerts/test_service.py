import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import Consumer, TopicPartition

from millwright.contracts import contract
from millwright.publish import Publisher, publish
from millwright.registry import Registry
from millwright.settings import settings
from streaming.alerts.decode import decode

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


def _alerts():
    spec = contract("equipment-alerts")
    consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": "test", "auto.offset.reset": "earliest"})
    found = []
    try:
        for partition in consumer.list_topics(spec.topic, timeout=10).topics[spec.topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(spec.topic, partition), 10)
            consumer.assign([TopicPartition(spec.topic, partition, low)])
            messages = consumer.consume(high - low, 10) if high > low else []
            found += decode(spec, messages, Registry(), 300.0).to_pylist()
    finally:
        consumer.close()
    return [alert for alert in found if alert["equipment_id"] == MACHINE]


def _wait_for(alerts):
    until = time.monotonic() + 45
    while len(found := _alerts()) < alerts:
        assert time.monotonic() < until, found
        time.sleep(0.3)
    return found


def test_a_service_that_is_killed_loses_no_alert_and_repeats_the_same_ids(stack, service):
    asset = {"equipment_id": MACHINE, "event_time": BEGIN, "equipment_name": "P", "equipment_type": "press"}
    publish("equipment-assets", [asset | {"plant_id": "X"}])
    with Publisher() as publisher:
        publisher.send("equipment-sensors", _readings(0, 3.0, 6.0, 5.1))  # 5.2 is a press's warning limit
        publisher.send_raw("equipment-sensors", MACHINE.encode(), b"\0\0\0\0\1broken")
        publisher.send_raw("equipment-sensors", MACHINE.encode(), b"not a record")
    first = service("alerts.after_flush")  # the alert is sent, that it was sent is not noted
    assert first.process.wait(60) == -signal.SIGKILL
    assert {alert["state"] for alert in _wait_for(1)} == {"raised"}

    second = service()
    found = _wait_for(2)
    assert len({alert["alert_id"] for alert in found}) == 1
    publish("equipment-sensors", _readings(3, 4.0))
    assert {alert["state"] for alert in _wait_for(3)} == {"raised", "cleared"}
    assert second.stop() == 0

    third = service()  # goes on from where it was and has nothing to say again
    publish("equipment-sensors", _readings(4, 6.0))
    found = _wait_for(4)
    assert len(found) == 4
    assert len({alert["alert_id"] for alert in found}) == 2
    assert third.stop() == 0
    assert (settings().state_dir / "alerts" / "equipment-sensors").is_dir()
