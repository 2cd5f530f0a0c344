"""Mending what was rejected: a range that was widened, a schema that was registered late."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest

from millwright import bronze
from millwright.contracts import contract
from millwright.lake import list_bronze, list_repaired
from millwright.store import Store, lake_store
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.expire import expire_partition
from streaming.lake_care.sweep import sweep_partition
from streaming.lake_care.verify import verify_partition
from streaming.quarantined import retry as retrying
from streaming.quarantined.retry import retry
from streaming.quarantined.still import rejections
from streaming.sink.outcomes import outcomes
from tests.streaming.lake_care.chain_writer import DAY, DAY_0
from tests.streaming.quarantined.rejecting import LATE, Rejecting, Streams

TOPIC = contract("equipment-sensors").topic


@pytest.fixture
def store(lake: Path) -> Store:
    return lake_store()


@pytest.fixture
def writer(store: Store) -> Iterator[Rejecting]:
    """[0, 4), [4, 8), [8, 12) with two rejected each: 2, 3, 6, 7, 10, 11, of which 3 and 6 are junk."""
    writer = Rejecting(store)
    for day in range(3):
        writer.publish(2, 2, day=day)
    return writer


def mended() -> list[int]:
    store = lake_store()
    return [row["_offset"] for file in list_repaired(TOPIC) for row in bronze.read(store.read(file.key) or b"")]


def test_what_passes_now_comes_back_with_its_position_and_what_does_not_stays(store, writer):
    before = outcomes([TOPIC])[TOPIC]
    found = retry(TOPIC, streams=Streams((1, LATE)))
    assert found.passed == Counter({"undecodable": 4})
    assert found.failed == Counter({("undecodable", "not_avro_wire_format"): 2})
    [file] = list_repaired(TOPIC)
    rows = list(bronze.read(store.read(file.key)))
    assert [(row["_partition"], row["_offset"], row["temperature"]) for row in rows] == [
        (0, offset, float(offset)) for offset in (2, 7, 10, 11)
    ]
    assert [int(row["_append_time"].timestamp() * 1000) for row in rows] == [
        DAY_0 + day * DAY + offset for day, offset in ((0, 2), (1, 7), (2, 10), (2, 11))
    ]
    after = outcomes([TOPIC])[TOPIC]
    assert after["consumed"] == before["consumed"] == 12
    assert (after["accepted"], after["quarantined"], after["repaired"]) == (10, {"undecodable": 2}, 4)
    verified = verify_partition(store, TOPIC, 0)
    assert (verified.damages, verified.repaired) == ([], 4)


def test_twice_is_once(writer):
    retry(TOPIC, streams=Streams((1, LATE)))
    again = retry(TOPIC, streams=Streams((1, LATE)))
    assert (again.passed.total(), again.failed.total()) == (0, 2)
    assert mended() == [2, 7, 10, 11]


def test_a_dry_run_tells_and_changes_nothing(writer):
    found = retry(TOPIC, dry_run=True, streams=Streams((1, LATE)))
    assert found.passed.total() == 4
    assert mended() == []


def test_nothing_is_brought_back_while_the_cause_is_not_mended(writer):
    found = retry(TOPIC, streams=Streams())
    assert found.failed[("undecodable", "unknown_schema")] == 4
    assert mended() == []
    assert retry(TOPIC, reason="empty", streams=Streams((1, LATE))).passed.total() == 0


def test_what_was_mended_is_no_longer_listed(store, writer):
    retry(TOPIC, streams=Streams((1, LATE)))
    [entry] = rejections([TOPIC])
    assert (entry.reason, entry.records, entry.offset, entry.sample) == ("undecodable", 2, 6, b"junk 6")


@pytest.mark.parametrize(
    "place", ["repair.before_write", "repair.after_fsync", "repair.after_link", "repair.after_commit"]
)
def test_mending_broken_off_anywhere_is_gone_on_with(store, writer, place, monkeypatch):
    class Crash(BaseException):
        pass

    passed = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if passed.count(place) == 2 and name == place:
            raise Crash

    monkeypatch.setattr(retrying, "_AT_ONCE", 1)  # a file for each quarantine object
    with (
        patch.object(retrying, "failpoint", failpoint),
        patch("millwright.store.failpoint", failpoint),
        pytest.raises(Crash),
    ):
        retry(TOPIC, streams=Streams((1, LATE)))
    assert verify_partition(store, TOPIC, 0).damages == []
    retry(TOPIC, streams=Streams((1, LATE)))
    assert mended() == [2, 7, 10, 11]
    assert verify_partition(store, TOPIC, 0).damages == []


def test_of_two_who_mend_at_once_the_second_finds_nothing_left(store, writer):
    deeds = [lambda: retry(TOPIC, streams=Streams((1, LATE)))]

    def failpoint(name: str) -> None:
        if name == "repair.before_write" and deeds:
            deeds.pop()()

    with patch.object(retrying, "failpoint", failpoint):
        assert retry(TOPIC, streams=Streams((1, LATE))).passed.total() == 0
    assert mended() == [2, 7, 10, 11]


def test_a_reader_is_given_each_file_once(writer):
    retry(TOPIC, streams=Streams((1, LATE)))
    [first] = list_repaired(TOPIC)
    assert (first.partition, first.first_offset, first.next_offset, first.rejected) == (-1, 0, 1, {"undecodable": -4})
    assert list_repaired(TOPIC, {0: 12, -1: 1}) == []
    writer.publish(0, 2, day=3)
    retry(TOPIC, streams=Streams((1, LATE)))
    assert [file.first_offset for file in list_repaired(TOPIC, {-1: 1})] == [1]
    assert list_bronze(TOPIC, {0: 14, -1: 2}) == []


def test_what_was_mended_lives_and_ends_with_its_original(store, writer):
    retry(TOPIC, streams=Streams((1, LATE)))
    compact_partition(store, TOPIC, 0, 1000)
    assert verify_partition(store, TOPIC, 0).damages == []
    for day in (3, 4):
        writer.publish(1, day=day)
    before = outcomes([TOPIC])[TOPIC]
    expire_partition(store, TOPIC, 0, DAY_0 + 4 * DAY, read_up_to=99, repaired_up_to=0)
    assert mended() == [2, 7, 10, 11]  # silver has not read it
    assert verify_partition(store, TOPIC, 0).damages == []
    writer.publish(1, day=5)
    expire_partition(store, TOPIC, 0, DAY_0 + 5 * DAY, read_up_to=99, repaired_up_to=1)
    assert mended() == []
    sweep_partition(store, TOPIC, 0)
    after = outcomes([TOPIC])[TOPIC]
    assert (after["accepted"], after["quarantined"]) == (before["accepted"] + 1, before["quarantined"])
    assert after["consumed"] == 15
    writer.publish(0, 2, day=6)
    retry(TOPIC, streams=Streams((1, LATE)))
    assert [file.first_offset for file in list_repaired(TOPIC)] == [1]
    assert verify_partition(store, TOPIC, 0).damages == []


def test_records_that_never_lay_in_quarantine_are_told(store, writer, lake: Path):
    retry(TOPIC, streams=Streams((1, LATE)))
    [path] = (lake / "bronze" / TOPIC / "p=0" / "repaired").iterdir()
    (path.parent / path.name.replace("0.avro", "1.avro")).write_bytes(path.read_bytes())
    assert any("mended before" in damage.what for damage in verify_partition(store, TOPIC, 0).damages)
    path.unlink()
    assert any("is missing" in damage.what for damage in verify_partition(store, TOPIC, 0).damages)
