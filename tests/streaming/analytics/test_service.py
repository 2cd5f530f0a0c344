"""The service against a real broker: whatever kills it, the topic holds the rows that one undisturbed reading gives."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
import pytest
from confluent_kafka import Consumer, Message, TopicPartition
from prometheus_client.parser import text_string_to_metric_families

from millwright.contracts import contract
from millwright.publisher import Publisher
from millwright.registry import Registry
from millwright.settings import settings
from streaming.accepted import accepted
from streaming.analytics.minutes import rest, take
from streaming.analytics.rules import Rules
from streaming.analytics.state import State
from tests.stack import TestStack, free_ports

SPEC, MINUTES = contract("equipment-sensors"), contract("equipment-minutes")
BEGIN = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(hours=2)
MACHINES = [f"minutes-{at}" for at in range(4)]
IDLE = 3.0
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def service() -> Iterator[Start]:
    started = []

    def start(failpoint: str = "", **values: str) -> subprocess.Popen[bytes]:
        environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint, "MILLWRIGHT_ANALYTICS_IDLE_SECONDS": str(IDLE)}
        command = [sys.executable, "-m", "millwright", "analytics", "run"]
        started.append(subprocess.Popen(command, env=environment | values))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def _send(rng: random.Random, first_minute: int, minutes: int) -> None:
    """Some minutes of all machines, in no good order: a tenth comes late or twice."""
    rows = [
        {"equipment_id": machine, "event_time": BEGIN + timedelta(minutes=first_minute, seconds=second)}
        | {"vibration": rng.gauss(5, 1), "temperature": rng.choice([None, 60.0 + second])}
        for second in range(0, 60 * minutes, 5)
        for machine in MACHINES
    ]
    late = rng.sample(rows, len(rows) // 10)
    with Publisher() as publisher:
        publisher.send(SPEC.stream, [row for row in rows if row not in late[::2]])
        publisher.send_raw(SPEC.topic, MACHINES[0].encode(), b"\0\0\0\0\1broken")
        publisher.send(SPEC.stream, late)


def _messages(topic: str) -> list[list[Message]]:
    """What a topic holds, by partition."""
    config = {"bootstrap.servers": settings().kafka, "group.id": "test", "auto.offset.reset": "earliest"}
    consumer, found = Consumer(config), []
    try:
        for partition in consumer.list_topics(topic, timeout=10).topics[topic].partitions:
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), 10)
            consumer.assign([TopicPartition(topic, partition, low)])
            found.append(consumer.consume(high - low, 20) if high > low else [])
    finally:
        consumer.close()
    return found


def _told() -> list[dict[str, Any]]:
    registry = Registry()
    rows = [
        row for those in _messages(MINUTES.topic) for row in accepted(MINUTES, those, registry, 300).rows.to_pylist()
    ]
    return [row for row in rows if row["equipment_id"] in MACHINES]


def _expected() -> list[dict[str, Any]]:
    registry, rules, rows = Registry(), Rules(idle=IDLE), list[dict[str, Any]]()
    for messages in filter(None, _messages(SPEC.topic)):
        found, state = accepted(SPEC, messages, registry, 300), State()
        clock = np.maximum.accumulate(np.array([message.timestamp()[1] for message in messages]))
        told = [take(state, SPEC, rules, found.rows, clock[found.places.to_numpy()], int(clock[-1])).table]
        told.append(rest(state, SPEC, rules, int(clock[-1]) + 10**9).table)
        rows += [row for table in told if table is not None for row in table.to_pylist()]
    return [row for row in rows if row["equipment_id"] in MACHINES]


def _as_set(rows: list[dict[str, Any]]) -> set[tuple[Any, ...]]:
    return {tuple(sorted(row.items(), key=lambda item: item[0])) for row in rows}


def _await_expected() -> list[dict[str, Any]]:
    expected, until = _as_set(_expected()), time.monotonic() + 60
    while _as_set(found := _told()) != expected:
        assert time.monotonic() < until, f"{len(_as_set(found) ^ expected)} rows differ"
        time.sleep(0.5)
    return found


def test_a_service_that_is_killed_again_and_again_tells_what_one_that_lives_would(stack: TestStack, service: Start):
    rng = random.Random(11)
    _send(rng, 0, 3)
    for failpoint in ("analytics.after_flush", "analytics.after_save:2"):
        process = service(failpoint)
        _send(rng, 3, 2)
        if failpoint.endswith(":2"):
            time.sleep(8)
            _send(rng, 1, 5)
        assert process.wait(60) == -signal.SIGKILL
    for first in (5, 7):
        process = service()
        _send(rng, first, 3)
        time.sleep(rng.uniform(7, 12))  # a killed member's partitions are free after 6 s
        process.kill()
        process.wait()
    port = next(free_ports(1))
    last = service(MILLWRIGHT_ANALYTICS_METRICS_PORT=str(port))
    _send(rng, 10, 1)
    found = _await_expected()
    assert {row["revision"] for row in found} >= {0, 1}, "nothing came late: the test tests less than it says"

    time.sleep(2)
    families = text_string_to_metric_families(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    values = [(s.name.removeprefix("millwright_analytics_"), s.labels, s.value) for f in families for s in f.samples]
    assert {name for name, *_ in values} >= {"lag_records", "state_bytes", "windows", "readings_total", "rows_total"}
    assert not any(value for name, _, value in values if name == "lag_records")

    last.send_signal(signal.SIGTERM)
    assert last.wait(30) == 0
    again = service()  # goes on from where it was and has nothing to say again
    time.sleep(12)
    assert len(_told()) == len(found)
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0
