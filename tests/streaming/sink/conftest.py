"""A stream of a test's own: contract, topic of two partitions, lake and consumer group."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient

from millwright import bronze, registry, topics
from millwright.contracts import contract, contracts
from millwright.lake import list_bronze
from millwright.publisher import Publisher
from millwright.settings import settings
from millwright.store import lake_store
from streaming.sink import quarantine
from tests.stack import TestStack

CHANNEL = {"name": "torque", "type": ["null", "double"], "default": None, "valid": [0.0, 100.0], "channel": True}


@dataclass
class Line:
    """A stream that only this test knows, and what has been sent to it."""

    topic: str
    contracts_dir: Path
    sent: int = 0

    def readings(self, count: int, **values: Any) -> list[dict[str, Any]]:
        """Good rows of eight machines, each told from all others by its rotation."""
        now = datetime.now(UTC)
        rows = [
            {"equipment_id": f"m{i % 8}", "event_time": now, "rotation": float(i), **values}
            for i in range(self.sent, self.sent + count)
        ]
        self.sent += count
        return rows

    def send(self, count: int, junk: int = 0, **values: Any) -> None:
        """Publish good readings with as many messages of junk among them."""
        with Publisher() as publisher:
            publisher.send(self.topic, self.readings(count, **values))
            for i in range(junk):
                publisher.send_raw(self.topic, b"m%d" % i, b"junk %d" % self.sent)
                self.sent += 1

    def evolve(self) -> None:
        """Add a channel to the contract, as a person would, and nothing else."""
        [path] = self.contracts_dir.glob("*.avsc")
        avro = json.loads(path.read_text())
        avro["fields"].append(copy.deepcopy(CHANNEL))
        path.write_text(json.dumps(avro))

    def run(self, *args: str, **environment: str) -> subprocess.Popen[str]:
        """Start `millwright` as a process of its own."""
        command = [sys.executable, "-m", "millwright", *args]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(command, env={**os.environ, **environment}, text=True, **pipes)  # type: ignore[call-overload]

    def once(self, **environment: str) -> int:
        """`millwright sink once` in a process of its own; its exit status."""
        process = self.run("sink", "once", **environment)
        out, _ = process.communicate(timeout=120)
        assert process.returncode in (0, -9), out
        return process.returncode

    def landed(self) -> list[str]:
        """One entry for each record in bronze or quarantine: its rotation, or the junk; sorted."""
        store, found = lake_store(), []
        for file in list_bronze(self.topic):
            data = store.read(file.key)
            assert data is not None
            assert bronze.verify(data, file.key).accepted == file.accepted
            found += [str(int(row["rotation"])) for row in bronze.read(data)]
            for each in file.quarantined:
                found += [r["value"].decode(errors="replace") for r in quarantine.decode(store.read(each.key))]
        return sorted(found)

    def assert_once_each(self) -> None:
        """Every record that was sent has landed, once."""
        landed = self.landed()
        twice = [entry for entry, n in Counter(landed).items() if n > 1]
        assert twice == []
        assert len(landed) == self.sent


@pytest.fixture
def line(stack: TestStack, lake: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    yield from _line(tmp_path, monkeypatch)


@pytest.fixture
def line_in_a_bucket(stack: TestStack, s3_lake: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    yield from _line(tmp_path, monkeypatch)


def _line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    topic = f"line-{uuid.uuid4().hex[:8]}"
    folder = tmp_path / "contracts"
    folder.mkdir()
    avro = {**copy.deepcopy(contract("equipment-sensors").avro), "topic": topic, "table": topic.replace("-", "_")}
    (folder / "line.avsc").write_text(json.dumps(avro))
    own = {"CONTRACTS_DIR": folder, "SINK_GROUP": topic, "TOPIC_PARTITIONS": 2, "SINK_ROLL_SECONDS": 1}
    for name, value in own.items():
        monkeypatch.setenv(f"MILLWRIGHT_{name}", str(value))
    settings.cache_clear()
    contracts.cache_clear()
    topics.ensure_topics()
    registry.register_all()
    admin = AdminClient({"bootstrap.servers": settings().kafka, "log_level": 0})
    try:
        yield Line(topic, folder)
    finally:
        monkeypatch.undo()
        settings.cache_clear()
        contracts.cache_clear()
        admin.delete_topics([topic])[topic].result()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], None]:
    def wait(condition: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not happen"
            time.sleep(0.1)

    return wait
