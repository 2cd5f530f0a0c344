from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from millwright.errors import MillwrightError
from millwright.lake import chain_end, links, list_bronze
from streaming.lake_care import compact
from streaming.lake_care.compact import Compaction, compact_partition
from streaming.lake_care.sweep import sweep_orphans, sweep_partition
from streaming.lake_care.verify import verify_partition
from tests.streaming.lake_care.chain_writer import TOPIC, ChainWriter, content, manifest_json


def ranges() -> list[tuple[int, int]]:
    return [(file.first_offset, file.next_offset) for file in list_bronze(TOPIC)]


def test_small_files_become_one_and_nothing_else_changes(store, writer):
    for _ in range(5):
        writer.publish(3, 1)
    before = content(store, list_bronze(TOPIC))
    assert compact_partition(store, TOPIC, 0, 1000) == Compaction(replaced=4, written=1, records=12)
    assert ranges() == [(0, 16), (16, 20)]  # the last file of a chain stays as it is
    assert content(store, list_bronze(TOPIC)) == before
    assert verify_partition(store, TOPIC, 0).damages == []
    assert compact_partition(store, TOPIC, 0, 1000) == Compaction()


def test_files_of_different_schemas_and_gaps_stay_apart(store, writer):
    for schema_id in (1, 1, 2, 2):
        writer.publish(2, schema_id=schema_id)
    writer.gap(10)
    for _ in range(3):
        writer.publish(2, schema_id=2)
    compact_partition(store, TOPIC, 0, 1000)
    assert ranges() == [(0, 4), (4, 8), (18, 22), (22, 24)]
    assert verify_partition(store, TOPIC, 0).gaps == [(8, 18, "expired")]


def test_a_file_is_not_filled_beyond_the_limit_nor_written_again_when_it_is_half_full(store, writer):
    for _ in range(8):
        writer.publish(4)
    compact_partition(store, TOPIC, 0, 12)
    assert ranges() == [(0, 12), (12, 24), (24, 28), (28, 32)]
    writer.publish(1)
    compact_partition(store, TOPIC, 0, 12)
    assert ranges() == [(0, 12), (12, 24), (24, 32), (32, 33)]


def test_a_reader_that_has_read_a_part_is_given_the_rest(store, writer):
    for _ in range(4):
        writer.publish(3, 1)
    compact_partition(store, TOPIC, 0, 1000)
    [rest, last] = list_bronze(TOPIC, {0: 4})
    assert (rest.first_offset, rest.next_offset, rest.accepted, rest.rejected) == (4, 12, 6, {"undecodable": 2})
    assert rest.skip
    assert not last.skip
    assert {offset for offset, _ in content(store, [rest])} == set(range(4, 12))
    with pytest.raises(MillwrightError, match="read up to offset 5"):
        list_bronze(TOPIC, {0: 5})


def test_what_was_replaced_is_removed_when_its_readers_have_had_their_time(store, writer, lake: Path):
    from datetime import UTC, datetime, timedelta

    keys = [writer.publish(3) for _ in range(4)]
    compact_partition(store, TOPIC, 0, 1000)
    assert sweep_partition(store, TOPIC, 0, datetime.now(UTC) - timedelta(hours=1)) == 0
    assert (lake / keys[0]).exists()
    assert sweep_partition(store, TOPIC, 0) == 3
    assert [(lake / key).exists() for key in keys] == [False, False, False, True]


def test_a_damaged_file_is_named_and_never_becomes_part_of_a_larger_one(store, writer, lake: Path):
    keys = [writer.publish(3) for _ in range(4)]
    data = bytearray((lake / keys[1]).read_bytes())
    data[-20] ^= 1
    (lake / keys[1]).write_bytes(data)
    with pytest.raises(MillwrightError, match=f"{keys[1]} is damaged: its checksum"):
        compact_partition(store, TOPIC, 0, 1000)
    assert len(links(store, TOPIC, 0)) == 4


def at(place: str, deed):
    """Has `deed` done when compaction passes a place for the first time: another process, while this one sleeps."""
    deeds = [deed]

    def failpoint(name: str) -> None:
        if name == place and deeds:
            deeds.pop()()

    return patch.object(compact, "failpoint", failpoint)


def test_of_two_compactions_at_once_the_second_gives_way(store, writer, lake: Path):
    for _ in range(5):
        writer.publish(3)
    with at("compact.before_commit", lambda: compact_partition(store, TOPIC, 0, 1000)):
        assert compact_partition(store, TOPIC, 0, 1000) == Compaction()
    assert ranges() == [(0, 12), (12, 15)]
    assert len(list((lake / "bronze" / TOPIC / "p=0" / "compacted").iterdir())) == 1
    assert verify_partition(store, TOPIC, 0).damages == []


def test_a_compaction_that_slept_while_its_file_was_swept_begins_again(store, writer):
    for _ in range(5):
        writer.publish(3)
    with at("compact.before_commit", lambda: sweep_partition(store, TOPIC, 0)):
        assert compact_partition(store, TOPIC, 0, 1000).replaced == 4
    sweep_partition(store, TOPIC, 0)
    assert ranges() == [(0, 12), (12, 15)]
    assert verify_partition(store, TOPIC, 0).damages == []


def test_a_worker_that_slept_through_compaction_takes_a_free_name_for_taken(store, writer):
    """SIGSTOP at the end of [0, 3), SIGCONT when all that followed is compacted, and its originals are gone."""
    writer.publish(3)
    zombie = ChainWriter(store, name=9)
    zombie.resume()
    for _ in range(4):
        writer.publish(3)
    compact_partition(store, TOPIC, 0, 1000), sweep_partition(store, TOPIC, 0)
    before = content(store, list_bronze(TOPIC))
    assert zombie.publish(5, 2) is None
    assert content(store, list_bronze(TOPIC)) == before
    assert verify_partition(store, TOPIC, 0).damages == []
    assert sweep_partition(store, TOPIC, 0) == 1
    assert sweep_orphans(store, TOPIC, 0) == 1
    assert zombie.publish(1) is not None
    assert chain_end(store, TOPIC, 0) == 16


def test_a_manifest_that_is_long_outdated_does_nothing(store, writer):
    for _ in range(30):
        writer.publish(2)
    for limit in range(4, 40, 2):
        compact_partition(store, TOPIC, 0, limit), sweep_partition(store, TOPIC, 0)
    newest = manifest_json(store)["version"]
    assert newest >= 12
    from millwright.lake.manifest import Manifest, commit_manifest

    assert commit_manifest(store, TOPIC, 0, Manifest(version=0, floor=50), "test")  # its name was swept, and is free
    assert manifest_json(store)["version"] == newest
    assert ranges()[0][0] == 0
