from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from millwright import bronze
from millwright.bronze import Header, Records
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.lake import Genesis, bronze_key, chain_end, create_gap, create_genesis, links, list_bronze
from millwright.store import lake_store

TOPIC, DAY = "equipment-sensors", 86_400_000
NOTHING = Records(pa.array([], pa.int64()), pa.array([], pa.int64()), pa.array([], pa.binary()))


def put(first: int, after: int, partition: int = 0, day: int = 20_000) -> str:
    header = Header(TOPIC, partition, first, after, 1, 0, {"empty": after - first}, day * DAY, day * DAY, "q", "s")
    key = bronze_key(TOPIC, partition, first)
    assert lake_store().create(key, bronze.write(contract(TOPIC), header, NOTHING), "test")
    return key


def put_as_before(name: str, data: bytes, partition: int = 0) -> None:
    """As lakes of before names that hold their start alone have it."""
    assert lake_store().create(f"bronze/{TOPIC}/p={partition}/{name}", data, "test")


def begin(first: int = 0, partition: int = 0) -> None:
    create_genesis(lake_store(), TOPIC, partition, Genesis("id", first))


def ranges(after: dict[int, int] | None = None) -> list[tuple[int, int, int]]:
    return [(f.partition, f.first_offset, f.next_offset) for f in list_bronze(TOPIC, after)]


def test_an_empty_lake_lists_nothing(lake: Path):
    assert ranges() == []
    assert chain_end(lake_store(), TOPIC, 0) is None


def test_files_are_listed_by_partition_and_offset_whatever_their_dates(lake: Path):
    begin(5), begin(0, partition=1)
    key = put(5, 10, day=20_001)
    put(10, 12, day=20_000)  # the broker's clock stepped back
    put(12, 300, day=20_002)
    put(0, 3, partition=1)
    assert key == "bronze/equipment-sensors/p=0/00000000000000000005.avro"
    assert ranges() == [(0, 5, 10), (0, 10, 12), (0, 12, 300), (1, 0, 3)]
    assert ranges({0: 12, 1: 3}) == [(0, 12, 300)]
    assert chain_end(lake_store(), TOPIC, 0) == 300
    [first, *_] = list_bronze(TOPIC)
    assert Path(first.path).is_file()
    assert first.rejected == {"empty": 5}


@pytest.mark.parametrize("after", [None, 0, 10, 20])
def test_a_missing_file_is_never_passed_over(lake: Path, after: int | None):
    begin()
    put(0, 10), put(10, 20), put(30, 40)
    with pytest.raises(MillwrightError, match="broken: offset 20"):
        ranges({0: after} if after is not None else None)
    assert ranges({0: 40}) == []  # what lies before has been read


def test_a_position_at_which_no_file_ends_is_refused(lake: Path):
    begin()
    put(0, 10), put(10, 20)
    for position in (5, 25):
        with pytest.raises(MillwrightError, match=f"read up to offset {position}"):
            ranges({0: position})


def test_a_lake_that_was_emptied_is_refused_by_whoever_has_read_it(lake: Path):
    with pytest.raises(MillwrightError, match=r"genesis\.json"):
        ranges({0: 5})


def test_a_gap_bridges_what_kafka_dropped(lake: Path):
    begin()
    put(0, 10)
    assert create_gap(lake_store(), TOPIC, 0, 10, 25, "expired")
    assert not create_gap(lake_store(), TOPIC, 0, 10, 99, "expired")
    assert chain_end(lake_store(), TOPIC, 0) == 25
    assert ranges({0: 10}) == []
    put(25, 30)
    assert ranges() == [(0, 0, 10), (0, 25, 30)]
    assert ranges({0: 10}) == ranges({0: 25}) == [(0, 25, 30)]


def test_an_offset_is_claimed_once_whatever_the_claims_hold(lake: Path):
    """A worker that is slow to publish what Kafka has dropped meanwhile, and one that records the drop as a gap."""
    begin()
    put(0, 10, day=20_000)
    assert create_gap(lake_store(), TOPIC, 0, 10, 25, "expired")
    header = Header(TOPIC, 0, 10, 20, 1, 0, {"empty": 10}, 20_001 * DAY, 20_002 * DAY, "q", "s")
    late = bronze.write(contract(TOPIC), header, NOTHING)
    assert not lake_store().create(bronze_key(TOPIC, 0, 10), late, "test")
    assert chain_end(lake_store(), TOPIC, 0) == 25


def test_lakes_with_dates_and_gap_records_of_their_own_are_read_and_gone_on_with(lake: Path):
    begin()
    header = Header(TOPIC, 0, 0, 10, 1, 0, {"empty": 10}, 20_000 * DAY, 20_000 * DAY, "q", "s")
    put_as_before(f"date=2024-10-04/{0:020d}.avro", bronze.write(contract(TOPIC), header, NOTHING))
    put_as_before(f"{10:020d}.gap.json", b'{"next_offset": 25, "reason": "expired", "found_at": "2024-10-05T00:00:00"}')
    assert chain_end(lake_store(), TOPIC, 0) == 25
    put(25, 30)
    assert ranges() == [(0, 0, 10), (0, 25, 30)]
    put_as_before(f"date=2024-10-05/{25:020d}.avro", bronze.write(contract(TOPIC), header, NOTHING))
    with pytest.raises(MillwrightError, match="claim the same records"):
        links(lake_store(), TOPIC, 0)


def test_a_chain_is_begun_once(lake: Path):
    store = lake_store()
    assert create_genesis(store, TOPIC, 0, Genesis("one", 4)) == Genesis("one", 4)
    assert create_genesis(store, TOPIC, 0, Genesis("two", 0)) == Genesis("one", 4)
    assert chain_end(store, TOPIC, 0) == 4


def test_what_is_being_written_is_not_listed(lake: Path):
    begin()
    put(0, 10)
    folder = lake / "bronze" / TOPIC / "p=0"
    (folder / "00000000000000000010.avro.tmp").write_bytes(b"half")
    assert ranges() == [(0, 0, 10)]
