from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from confluent_kafka import Consumer, TopicPartition

from millwright.contracts import contracts
from millwright.errors import MillwrightError
from millwright.registry import Registry
from millwright.settings import settings
from streaming.simulate.cli import simulate
from streaming.simulate.faults import Message
from streaming.simulate.records import STREAMS
from tests.streaming.simulate.avro import decoded


@pytest.fixture
def topics(kafka, registry):
    """A consumer that stands at the end of every topic."""
    consumer = Consumer({"bootstrap.servers": settings().kafka, "group.id": "simulate", "enable.partition.eof": False})
    partitions = [TopicPartition(contracts()[s].topic, p) for s in STREAMS for p in range(settings().topic_partitions)]
    for partition in partitions:
        partition.offset = consumer.get_watermark_offsets(partition, timeout=10)[1]
    consumer.assign(partitions)
    yield consumer
    consumer.close()


def arrived(consumer, wanted: int):
    found, deadline = [], time.monotonic() + 30
    while len(found) < wanted and time.monotonic() < deadline:
        found += consumer.consume(wanted - len(found) + 1, 1.0)
    return found


def test_what_the_summary_says_is_what_the_topics_hold(topics, tmp_path):
    summary, truth = tmp_path / "s" / "summary.json", tmp_path / "truth.json"
    shares = ["--duplicates=.05", "--corrupt=.05", "--late=.05", "--future=.02", "--clock-skew=.01"]
    arguments = ["--machines=3", "--days=2", "--end=2026-03-01T00:00:00Z", f"--summary={summary}", f"--truth={truth}"]
    result = CliRunner().invoke(simulate, [*arguments, *shares], catch_exceptions=False)
    assert result.exit_code == 0
    said = json.loads(summary.read_text())
    assert said["good"]["equipment-sensors"] == 3 * 2 * 144
    registry = Registry()
    sent, good = Counter(), {s: set() for s in STREAMS}
    for message in arrived(topics, sum(said["sent"].values())):
        spec = contracts()[message.topic()]
        sent[message.topic()] += 1
        row = decoded(Message(spec.stream, message.key(), message.value()), registry.register(spec))
        if row is not None and row["event_time"] < datetime(2026, 3, 1, tzinfo=UTC):
            good[spec.stream].add(tuple(row[name] for name in spec.unique))
    assert sent == said["sent"]
    assert {stream: len(keys) for stream, keys in good.items()} == said["good"]
    extra = sum(sum(counts.values()) for counts in (said["duplicates"], *said["extra"].values()))
    assert sum(said["sent"].values()) == sum(said["good"].values()) + extra
    assert len(json.loads(truth.read_text())["wear"]) == 3 * 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_live_plant_that_is_told_to_stop_flushes_and_ends_cleanly(topics, tmp_path, number):
    summary = tmp_path / "summary.json"
    command = [sys.executable, "-m", "millwright", "simulate", "--machines=2", "--days=1", "--no-history"]
    process = subprocess.Popen(
        [*command, "--live=600", "--rate=50", f"--summary={summary}"],
        env=os.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert arrived(topics, 30)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 0, errors.decode()
    said = json.loads(summary.read_text())
    assert said["sent"]["equipment-sensors"] == said["good"]["equipment-sensors"] > 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--end=2100-01-01"], "would end in the future"),
        (["--end=2026-01-01", "--no-history", "--live=1"], "days after the end of its history"),
    ],
)
def test_what_cannot_be_is_refused_with_a_next_step(arguments, says):
    with pytest.raises(MillwrightError, match=says) as refused:
        CliRunner().invoke(simulate, arguments, catch_exceptions=False)
    assert refused.value.remedy


@pytest.mark.parametrize("argument", ["--interval=0m", "--interval=ten", "--end=yesterday", "--late=2", "--machines=0"])
def test_an_option_that_makes_no_sense_is_named(argument):
    result = CliRunner().invoke(simulate, [argument])
    assert result.exit_code == 2
    assert argument.split("=")[0] in result.output
