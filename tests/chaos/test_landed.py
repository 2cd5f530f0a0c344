"""Reading the lake back, and noticing what is wrong with it: the faults are planted in real files."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import fastavro
import pyarrow as pa
import pytest

from chaos.account import Landed
from chaos.landed import read_lake
from millwright import bronze
from millwright.bronze import Header, Records
from millwright.contracts import contract
from millwright.lake import Genesis, bronze_key, create_genesis, quarantine_key
from millwright.store import lake_store
from millwright.wire import encode

SPEC = contract("equipment-sensors")
NOW_MS = 1_772_323_200_000
QUARANTINED = fastavro.parse_schema(
    {
        "type": "record",
        "name": "Quarantined",
        "fields": [
            {"name": "offset", "type": "long"},
            {"name": "append_time", "type": "long"},
            {"name": "reason", "type": "string"},
            {"name": "key", "type": ["null", "bytes"]},
            {"name": "value", "type": ["null", "bytes"]},
        ],
    }
)


def body(offset: int) -> bytes:
    rows = [{"equipment_id": "m1", "event_time": NOW_MS * 1000, "rotation": float(offset)}]
    [[(_, found)]] = encode(SPEC, rows)
    return found


def publish(start: int, end: int, junk: int | None = None) -> str:
    """A bronze file of the offsets from `start` up to `end`, one of which may lie in quarantine; its key."""
    store, offsets, name, digest = lake_store(), [at for at in range(start, end) if at != junk], None, None
    if junk is not None:
        out = io.BytesIO()
        row = {"offset": junk, "append_time": NOW_MS, "reason": "undecodable", "key": b"m1", "value": b"junk"}
        fastavro.writer(out, QUARANTINED, [row])
        name, digest = quarantine_key(SPEC.topic, 0, NOW_MS, start, "u"), hashlib.sha256(out.getvalue()).hexdigest()
        store.create(name, out.getvalue(), "quarantine")
    rejected = {"undecodable": 1} if junk is not None else {}
    header = Header(SPEC.topic, 0, start, end, 1, len(offsets), rejected, NOW_MS, NOW_MS, name, digest)
    records = Records(
        pa.array(offsets, pa.int64()),
        pa.array([NOW_MS] * len(offsets), pa.int64()),
        pa.array([body(at) for at in offsets], pa.binary()),
    )
    key = bronze_key(SPEC.topic, 0, start)
    assert store.create(key, bronze.write(SPEC, header, records), "sink")
    return key


@pytest.fixture
def keys(lake: Path) -> list[str]:
    """Offsets 5 to 14 in three files; 7 lies in quarantine."""
    create_genesis(lake_store(), SPEC.topic, 0, Genesis("a", 5))
    return [publish(5, 9, junk=7), publish(9, 12), publish(12, 15)]


def test_every_record_is_read_back_with_the_bytes_that_came(keys):
    landed, faults = read_lake(SPEC)
    assert faults == []
    assert sorted(record.position for record in landed) == [(0, at) for at in range(5, 15)]
    assert {record.position: record.value for record in landed if record.reason is None} == {
        (0, at): body(at) for at in range(5, 15) if at != 7
    }
    [junk] = [record for record in landed if record.reason]
    assert (junk.reason, junk.key, junk.value) == ("undecodable", b"m1", b"junk")


def test_a_missing_file_breaks_the_chain_and_the_others_are_read_still(keys):
    lake_store().remove(keys[1])
    landed, faults = read_lake(SPEC)
    assert "broken: offset 9 is followed by" in faults[0]
    assert len(landed) == 7


def test_a_second_file_over_the_same_offsets_breaks_the_chain_and_doubles_its_records(keys):
    publish(10, 12)
    landed, faults = read_lake(SPEC)
    assert "broken" in faults[0]
    assert sorted(record.position[1] for record in landed) == sorted([*range(5, 15), 10, 11])


def _altered(lake: Path, key: str) -> None:
    path = lake / key
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)


def test_an_altered_bronze_file_is_a_fault(keys, lake: Path):
    _altered(lake, keys[1])
    landed, faults = read_lake(SPEC)
    assert f"{keys[1]} is damaged" in faults[0]
    assert len(landed) == 7


@pytest.mark.parametrize("harm", [_altered, lambda lake, key: (lake / key).unlink()])
def test_a_quarantine_object_that_is_altered_or_gone_is_a_fault(keys, lake: Path, harm):
    [junk] = [record for record in read_lake(SPEC)[0] if record.reason]
    assert isinstance(junk, Landed)
    harm(lake, junk.file)
    assert junk.file in read_lake(SPEC)[1][0]
