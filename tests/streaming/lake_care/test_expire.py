from __future__ import annotations

from pathlib import Path

import pytest

from millwright.errors import MillwrightError
from millwright.lake import chain_end, create_gap, list_bronze
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.expire import Expiry, expire_partition
from streaming.lake_care.sweep import sweep_partition
from streaming.lake_care.verify import verify_partition
from streaming.sink.outcomes import outcomes
from tests.streaming.lake_care.chain_writer import DAY, DAY_0, TOPIC, ChainWriter


def starts() -> list[int]:
    return [file.first_offset for file in list_bronze(TOPIC)]


def days(number: float) -> int:
    return DAY_0 + int(number * DAY)


def test_old_files_go_with_their_quarantine_and_the_chain_begins_after_them(store, writer, lake: Path):
    for day in range(5):
        writer.publish(2, 1, day=day)
    assert expire_partition(store, TOPIC, 0, days(2)) == Expiry(files=2, records=6)
    assert starts() == [6, 9, 12]
    sweep_partition(store, TOPIC, 0)
    assert len(list((lake / "quarantine").rglob("*.avro"))) == 3
    assert len(list((lake / "bronze").rglob("*.avro"))) == 3
    found = verify_partition(store, TOPIC, 0)
    assert (found.damages, found.expired, found.first_offset) == ([], 6, 6)


def test_the_last_file_stays_however_old(store, writer):
    for day in range(3):
        writer.publish(2, day=day)
    assert expire_partition(store, TOPIC, 0, days(1000)).files == 2
    assert starts() == [4]
    assert chain_end(store, TOPIC, 0) == 6


def test_an_old_file_behind_a_young_one_stays(store, writer):
    """The broker's clock stepped back: a chain is dropped from its beginning only."""
    for day in (0, 9, 1, 10):
        writer.publish(2, day=day)
    assert expire_partition(store, TOPIC, 0, days(5)).files == 1
    assert starts() == [2, 4, 6]


def test_what_silver_has_not_read_stays(store, writer):
    for day in range(4):
        writer.publish(2, day=day)
    assert expire_partition(store, TOPIC, 0, days(9), read_up_to=2) == Expiry(files=1, records=2, unread=2)
    assert expire_partition(store, TOPIC, 0, days(9), read_up_to=2) == Expiry(unread=2)
    assert starts() == [2, 4, 6]


def test_a_reader_behind_the_floor_is_told_so(store, writer):
    for day in range(4):
        writer.publish(2, day=day)
    expire_partition(store, TOPIC, 0, days(2))
    assert [file.first_offset for file in list_bronze(TOPIC, {0: 4})] == [4, 6]
    with pytest.raises(MillwrightError, match="retention has dropped what comes before 4"):
        list_bronze(TOPIC, {0: 2})


def test_what_was_dropped_is_still_counted(store, writer):
    for day in range(4):
        writer.publish(2, 1, day=day)
    before = outcomes([TOPIC])[TOPIC]
    expire_partition(store, TOPIC, 0, days(1)), expire_partition(store, TOPIC, 0, days(2))
    after = outcomes([TOPIC])[TOPIC]
    assert after == {**before, "files": 2, "expired": 6}
    assert after["consumed"] == 12


def test_a_worker_that_slept_through_retention_takes_a_free_name_for_taken(store, writer):
    writer.publish(2)
    zombie = ChainWriter(store, name=9)
    zombie.resume()
    for day in range(1, 4):
        writer.publish(2, day=day)
    compact_partition(store, TOPIC, 0, 1000)
    writer.publish(2, day=5)
    expire_partition(store, TOPIC, 0, days(5)), sweep_partition(store, TOPIC, 0)
    before = starts()
    assert zombie.publish(5, 1) is None
    assert starts() == before
    assert verify_partition(store, TOPIC, 0).damages == []


def test_a_gap_that_was_meant_for_what_retention_dropped_is_no_loss(store, writer):
    """A worker slept between finding records gone from Kafka and recording that, and others had landed them."""
    for day in range(3):
        writer.publish(2, day=day)
    expire_partition(store, TOPIC, 0, days(2)), sweep_partition(store, TOPIC, 0)
    assert not create_gap(store, TOPIC, 0, 2, 5, "expired")
    found = verify_partition(store, TOPIC, 0)
    assert (found.damages, found.gaps, starts()) == ([], [], [4])
