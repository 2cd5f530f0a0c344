from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from streaming.lake_care import care
from streaming.lake_care.sweep import orphans, sweep_orphans, sweep_partition
from streaming.lake_care.verify import verify_partition
from tests.streaming.lake_care import chain_writer
from tests.streaming.lake_care.chain_writer import TOPIC


class Killed(BaseException):
    pass


def test_a_quarantine_object_of_a_killed_worker_goes_once_another_has_landed_its_range(store, writer):
    monkeypatch = pytest.MonkeyPatch()
    writer.publish(1)

    def kill(name: str) -> None:
        raise Killed

    monkeypatch.setattr(chain_writer, "failpoint", kill)
    with pytest.raises(Killed):
        writer.publish(2, 1)
    monkeypatch.undo()
    assert orphans(store, TOPIC, 0) == []  # a worker that sleeps between the two steps would look just so
    writer.publish(2, 1)
    [orphan] = orphans(store, TOPIC, 0)
    assert sweep_orphans(store, TOPIC, 0) == 1
    assert store.read(orphan) is None
    assert verify_partition(store, TOPIC, 0).damages == []


def test_a_worker_that_sleeps_before_its_commit_keeps_its_quarantine_object(store, writer, monkeypatch):
    """However long, and however often it is swept meanwhile."""
    writer.publish(1)
    monkeypatch.setattr(chain_writer, "failpoint", lambda name: care.sweep([TOPIC]))
    assert writer.publish(2, 1) is not None
    assert verify_partition(store, TOPIC, 0).damages == []


def test_what_was_being_written_goes_after_a_day(store, writer, lake: Path):
    writer.publish(1)
    old, young = (lake / ".writing" / name for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    assert care.sweep([TOPIC]) == 1
    assert (old.exists(), young.exists()) == (False, True)


def test_sweeping_a_healthy_lake_removes_nothing(store, writer):
    for _ in range(3):
        writer.publish(2, 1)
    assert sweep_partition(store, TOPIC, 0) == 0
    assert sweep_orphans(store, TOPIC, 0) == 0
