from __future__ import annotations

import json
import time
from pathlib import Path

from click.testing import CliRunner

from streaming.quarantined.cli import quarantine
from streaming.sink import once
from streaming.sink.cli import sink
from streaming.sink.once import land
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker


def files(lake: Path) -> set[str]:
    return {str(path) for path in lake.rglob("*") if path.is_file()}


def test_landing_counts_what_landed_and_a_second_time_writes_nothing(line, lake: Path):
    line.send(30, junk=2)
    first = land()[line.topic]
    assert {name: first[name] for name in ("records", "accepted", "rejected")} == {
        "records": 32,
        "accepted": 30,
        "rejected": 2,
    }
    assert sum(first["next_offsets"].values()) == 32
    before = files(lake)
    again = land()[line.topic]
    assert (again["records"], again["files"]) == (0, 0)
    assert again["next_offsets"] == first["next_offsets"]
    assert files(lake) == before
    line.assert_once_each()


def test_landing_nothing_makes_nothing(line, lake: Path):
    assert land()[line.topic]["records"] == 0
    assert not lake.exists() or files(lake) == set()


def test_what_comes_while_landing_may_wait(line):
    """The targets are those of the call: a stream that never ends cannot keep it."""
    line.send(50)
    begun = time.monotonic()
    landed = land([line.topic])[line.topic]
    assert landed["records"] == 50
    assert time.monotonic() - begun < 20


def test_a_service_does_the_work_where_there_is_one(line, monkeypatch):
    monkeypatch.setattr(once, "_do_it", _not_called)
    service = line.run("sink", "run")
    try:
        deadline = time.monotonic() + 30
        while not once.group_is_live():
            assert time.monotonic() < deadline
            time.sleep(0.1)
        line.send(50)
        assert land([line.topic])[line.topic]["records"] == 50
    finally:
        service.terminate()
        service.communicate(timeout=30)
    line.assert_once_each()


def _not_called(*args: object) -> None:
    raise AssertionError("the service should have landed it")


def test_a_service_that_stands_still_is_not_waited_for(line, monkeypatch):
    monkeypatch.setattr(once, "_GRACE_SECONDS", 0.5)
    with Worker(Streams([line.topic])) as stuck:
        stuck.join()
        while not stuck._lanes:
            stuck.step()
        line.send(50)
        assert land([line.topic])[line.topic]["records"] == 50
        stuck.step(), stuck.drain()
    line.assert_once_each()


def test_the_command_line_lands_and_shows_what_is_in_quarantine(line):
    line.send(20, junk=3)
    done = CliRunner().invoke(sink, ["once", "--json"])
    assert json.loads(done.stdout)[line.topic]["accepted"] == 20
    shown = CliRunner().invoke(quarantine, ["ls", "--stream", line.topic])
    assert "not_avro_wire_format" in shown.stdout
    [entry] = json.loads(CliRunner().invoke(quarantine, ["ls", "--json"]).stdout)
    assert (entry["records"], entry["reason"]) == (3, "not_avro_wire_format")
    assert bytes.fromhex(entry["sample"]).startswith(b"junk")
    assert Path(entry["file"]).is_file()
    counted = json.loads(CliRunner().invoke(sink, ["outcomes", "--json"]).stdout)[line.topic]
    assert counted["consumed"] == 23
