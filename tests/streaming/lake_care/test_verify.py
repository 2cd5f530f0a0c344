from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest

from millwright import bronze
from millwright.lake import bronze_key
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.verify import verify_partition
from tests.streaming.lake_care.chain_writer import DAY, DAY_0, TOPIC, ChainWriter, quarantine_object


@pytest.fixture
def keys(writer: ChainWriter) -> list[str]:
    """[0, 4), [4, 8), a gap up to 20, [20, 24)."""
    keys = [str(writer.publish(3, 1, day=day)) for day in (0, 1)]
    writer.gap(12)
    return [*keys, str(writer.publish(3, 1, day=2))]


def damages(store) -> list[tuple[str, str]]:
    return [(damage.key, damage.what) for damage in verify_partition(store, TOPIC, 0).damages]


def test_a_healthy_chain_is_proven_and_its_gap_told(store, keys):
    found = verify_partition(store, TOPIC, 0)
    assert found.damages == []
    assert (found.first_offset, found.next_offset, found.files, found.proven) == (0, 24, 3, 4)
    assert (found.accepted, found.quarantined, found.gaps) == (9, 3, [(8, 20, "expired")])


def test_a_missing_file_is_told_with_its_offsets(store, keys, lake: Path):
    (lake / keys[1]).unlink()
    assert damages(store) == [(bronze_key(TOPIC, 0, 8), "the offsets 4 to 7 before it are missing")]


def test_two_files_of_the_same_offsets_are_told(store, keys, lake: Path):
    data = (lake / keys[1]).read_bytes()
    header = bronze.read_header(data, "f")
    assert header is not None
    again = bronze.container(
        bronze.schema_of(data), bronze.Header(**{**header.__dict__, "first_offset": 3}), bytes(16), b""
    )
    (lake / bronze_key(TOPIC, 0, 3)).write_bytes(again)
    assert (bronze_key(TOPIC, 0, 3), "the offsets 3 to 3 before it lie in two files") in damages(store)


def flip(at: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]


def edited(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def edit(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return edit


def named(name: str, old: str, new: str) -> Callable[[bytes], bytes]:
    size = bytes([2 * len(old)])
    return edited(
        f"millwright.{name}".encode() + size + old.encode(), f"millwright.{name}".encode() + size + new.encode()
    )


@pytest.mark.parametrize(
    ("edit", "what"),
    [
        (flip(-20), "its checksum differs"),
        (lambda data: data[:-30], "its checksum differs"),
        (lambda data: data[:300], "ends in its header"),
        (lambda data: b"", "ends in its header"),
        (lambda data: b"junk", "not an Avro container"),
        (named("accepted", "3", "2"), "does not hold the records that its header counts"),
        (named("accepted", "3", "9"), "more records than it has offsets"),
        (named("next_offset", "8", "7"), "more records than it has offsets"),
        (named("first_offset", "4", "5"), "it says that it holds"),
        (named("partition", "0", "1"), "it says that it holds"),
        (named("append_min", str(DAY_0 + DAY + 4), str(DAY_0 + DAY + 5)), "append times outside its range"),
        (edited(b'{"undecodable"', b'{"undecodable,'), "its header cannot be read"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_told(store, keys, lake: Path, edit, what: str):
    path = lake / keys[1]
    path.write_bytes(edit(path.read_bytes()))
    found = damages(store)
    assert keys[1] in {key for key, _ in found}
    assert any(what in each for _, each in found), found


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda path: path.unlink(), "it is gone"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "its checksum differs"),
    ],
)
def test_a_damaged_quarantine_object_is_told(store, keys, lake: Path, damage, what: str):
    [path] = (lake / "quarantine").rglob("*0004-*.avro")
    damage(path)
    assert damages(store) == [(str(path.relative_to(lake)), what)]


@pytest.mark.parametrize(
    ("offsets", "reason", "what"),
    [
        ([], "undecodable", "does not hold the records that its bronze file counts"),
        ([7], "empty", "does not hold the records that its bronze file counts"),
        ([4], "undecodable", "records that are accepted"),
        ([3], "undecodable", "offsets outside its range"),
    ],
)
def test_a_quarantine_object_that_contradicts_its_file_is_told(store, keys, lake: Path, offsets, reason, what):
    [path] = (lake / "quarantine").rglob("*0004-*.avro")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.write_bytes(
        quarantine_object(
            [{"offset": o, "append_time": 0, "reason": reason, "key": None, "value": None} for o in offsets]
        )
    )
    file = lake / keys[1]
    file.write_bytes(file.read_bytes().replace(digest.encode(), hashlib.sha256(path.read_bytes()).hexdigest().encode()))
    assert any(key == str(path.relative_to(lake)) and what in each for key, each in damages(store))


def test_a_lost_beginning_is_told(store, keys, lake: Path):
    (lake / "bronze" / TOPIC / "p=0" / "genesis.json").unlink()
    assert ("bronze/equipment-sensors/p=0/genesis.json", "it is missing") in damages(store)


def test_recent_files_are_read_and_the_headers_of_all(store, keys, lake: Path):
    found = verify_partition(store, TOPIC, 0, since_ms=DAY_0 + 2 * DAY)
    assert (found.proven, found.files, found.damages) == (1, 3, [])
    (lake / keys[0]).unlink()
    assert verify_partition(store, TOPIC, 0, since_ms=DAY_0 + 2 * DAY).damages != []


def test_damage_inside_a_compacted_file_is_told(store, writer, keys, lake: Path):
    writer.publish(1)
    compact_partition(store, TOPIC, 0, 1000)
    [compacted, *_] = (lake / "bronze" / TOPIC / "p=0" / "compacted").iterdir()
    compacted.write_bytes(compacted.read_bytes().replace(b'"accepted": 3', b'"accepted": 2', 1))
    assert any("its parts are not what it counts" in what for _, what in damages(store))
