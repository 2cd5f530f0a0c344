from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from millwright.lake import list_bronze
from streaming.lake_care.verify import verify_partition
from tests.streaming.lake_care.chain_writer import TOPIC, ChainWriter, content

COMPACT = [
    f"compact.{place}" for place in ("before_write", "after_write", "after_link", "before_commit", "after_commit")
]
COMPACT += ["compact_commit.after_write", "compact_commit.after_link", "sweep.before_remove", "sweep.before_remove:2"]
EXPIRE = ["expire.before_commit", "expire_commit.after_fsync", "expire_commit.after_link", "expire.after_commit"]
EXPIRE += ["sweep.before_remove", "sweep.before_remove:2", "sweep_commit.after_link"]


def run(*args: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    """`millwright lake …` in a process of its own, killed at a failpoint."""
    command = [sys.executable, "-m", "millwright", "lake", *args]
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint, "COLUMNS": "300"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_compaction_killed_at_any_place_goes_on_as_if_it_had_not_been(store, writer):
    for place in COMPACT:
        for _ in range(3):
            writer.publish(3, 1)
        before = content(store, list_bronze(TOPIC))
        killed = run("compact", "--max-records", "9", "--keep-minutes", "0", failpoint=place)
        assert killed.returncode == -9, (place, killed.stderr)
        assert content(store, list_bronze(TOPIC)) == before, place
        assert verify_partition(store, TOPIC, 0).damages == [], place
    done = run("compact", "--keep-minutes", "0", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[TOPIC]["written"] >= 1
    assert content(store, list_bronze(TOPIC)) == before
    assert [file.next_offset for file in list_bronze(TOPIC)][-1] == 12 * len(COMPACT)
    left = json.loads(run("ls", "--orphans", "--json").stdout)
    assert (left["replaced"], left["compacted and unnamed"], left["quarantine unnamed"]) == ([], [], [])


def test_retention_killed_at_any_place_goes_on_as_if_it_had_not_been(store, writer):
    for place in EXPIRE:
        for _ in range(3):
            writer.publish(3, 1)
        run("compact")
        for _ in range(2):
            writer.publish(3, 1)
        killed = run("expire", "--older-than", "1", "--even-unread", failpoint=place)
        assert killed.returncode == -9, (place, killed.stderr)
        assert verify_partition(store, TOPIC, 0).damages == [], place
    assert run("expire", "--older-than", "1", "--even-unread").returncode == 0
    assert [file.accepted for file in list_bronze(TOPIC)] == [3]
    assert json.loads(run("verify", "--json").stdout)["partitions"][0]["expired"] == 20 * len(EXPIRE) - 4


def test_files_are_listed_with_what_they_hold(store, writer):
    writer.publish(3, 1), writer.publish(2)
    writer.gap(5)
    [first, second, gap] = json.loads(run("ls", "--json").stdout)
    assert (first["first_offset"], first["next_offset"], first["accepted"]) == (0, 4, 3)
    assert first["rejected"] == {"undecodable": 1}
    assert first["bytes"] == len(store.read(first["key"]))
    assert first["append_min"] == "2024-10-04T00:00:00.000+00:00"
    assert (second["parts"], gap["gap"]) == (1, "expired")
    table = run("ls", "--stream", "equipment-sensors").stdout
    assert "undecodable 1" in table
    assert "gap" in table


def test_records_are_shown_of_a_file_a_topic_and_a_range(store, writer, lake: Path):
    keys = [str(writer.publish(3, 1)) for _ in range(3)]
    assert [json.loads(line)["_offset"] for line in run("cat", keys[1]).stdout.splitlines()] == [4, 5, 6]
    assert len(run("cat", str(lake / keys[2])).stdout.splitlines()) == 3
    chosen = run("cat", "equipment-sensors", "--from", "2", "--to", "9", "--limit", "4").stdout.splitlines()
    assert [json.loads(line)["_offset"] for line in chosen] == [2, 4, 5, 6]
    record = json.loads(chosen[0])
    assert (record["equipment_id"], record["temperature"]) == ("m", 2.0)
    assert record["_append_time"] == "2024-10-04T00:00:00.002000+00:00"


def test_a_proof_that_fails_names_the_file_and_what_to_do(store, writer, lake: Path):
    keys = [writer.publish(3, 1) for _ in range(3)]
    proven = run("verify")
    assert proven.returncode == 0, proven.stderr
    (lake / str(keys[1])).unlink()
    failed = run("verify")
    assert failed.returncode == 1
    assert "the offsets 4 to 7 before it are missing" in failed.stderr
    assert "from a backup" in failed.stderr
    assert "Traceback" not in failed.stderr
    assert not json.loads(run("verify", "--json").stdout)["ok"]


@pytest.mark.parametrize("args", [("cat", "nosuch"), ("cat", "bronze/none.avro"), ("ls", "--stream", "nosuch")])
def test_a_name_that_is_not_there_is_one_sentence(store, writer, args):
    writer.publish(1)
    failed = run(*args)
    assert failed.returncode == 1
    assert "The lake has no" in failed.stderr
    assert "Traceback" not in failed.stderr


def test_an_empty_lake_is_no_error(store):
    for command in (("ls",), ("verify",), ("compact",), ("expire", "--older-than", "3"), ("sweep",)):
        done = run(*command)
        assert done.returncode == 0, done.stderr


def test_retention_waits_for_silver(store):
    """Nothing has been cleansed here."""
    writer = ChainWriter(store)
    for _ in range(3):
        writer.publish(2)
    done = run("expire", "--older-than", "1", "--json")
    assert json.loads(done.stdout) == {TOPIC: {"files": 0, "records": 0, "unread": 2}}
