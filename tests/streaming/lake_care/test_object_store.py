"""Compaction and retention of a lake in a bucket, killed between any two requests."""

from __future__ import annotations

import json

import pytest

from millwright.lake import list_bronze
from millwright.store import Store, lake_store
from streaming.lake_care.verify import verify_partition
from tests.streaming.lake_care.chain_writer import TOPIC, content
from tests.streaming.lake_care.test_cli import run

COMPACT = ["compact.before_put", "compact.after_put", "compact_commit.before_put", "compact_commit.after_put"]
COMPACT += ["sweep.before_remove", "sweep.before_remove:2"]
EXPIRE = ["expire_commit.before_put", "expire_commit.after_put", "sweep.before_remove", "sweep.before_remove:2"]


@pytest.fixture
def store(s3_lake: str) -> Store:
    return lake_store()


def test_compaction_killed_at_any_request_goes_on_as_if_it_had_not_been(store, writer):
    for place in COMPACT:
        for _ in range(3):
            writer.publish(3, 1)
        before = content(store, list_bronze(TOPIC))
        killed = run("compact", "--max-records", "9", "--keep-minutes", "0", failpoint=place)
        assert killed.returncode == -9, (place, killed.stderr)
        assert content(store, list_bronze(TOPIC)) == before, place
        assert verify_partition(store, TOPIC, 0).damages == [], place
    for _ in range(2):  # what was replaced within this very second stays for the next time
        assert run("compact", "--keep-minutes", "0").returncode == 0
    assert content(store, list_bronze(TOPIC)) == before
    left = json.loads(run("ls", "--orphans", "--json").stdout)
    assert (left["replaced"], left["compacted and unnamed"], left["quarantine unnamed"]) == ([], [], [])


def test_retention_killed_at_any_request_goes_on_as_if_it_had_not_been(store, writer):
    for place in EXPIRE:
        for _ in range(4):
            writer.publish(3, 1)
        killed = run("expire", "--older-than", "1", "--even-unread", failpoint=place)
        assert killed.returncode == -9, (place, killed.stderr)
        assert verify_partition(store, TOPIC, 0).damages == [], place
    assert run("expire", "--older-than", "1", "--even-unread").returncode == 0
    assert [file.accepted for file in list_bronze(TOPIC)] == [3]
    assert json.loads(run("verify", "--json").stdout)["partitions"][0]["expired"] == 16 * len(EXPIRE) - 4


def test_a_file_is_shown_by_its_address_in_the_bucket(store, writer, s3_lake: str):
    key = writer.publish(3, 1)
    assert len(run("cat", f"{s3_lake}/{key}").stdout.splitlines()) == 3
    assert run("verify").returncode == 0
