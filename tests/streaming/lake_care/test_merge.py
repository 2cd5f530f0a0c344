from __future__ import annotations

import pytest

from millwright import avro_container, bronze
from streaming.lake_care.merge import merge


def contents(data: bytes) -> bytes:
    found = avro_container.metadata(data)
    assert found is not None
    return b"".join(records for _, records in avro_container.blocks(data, found[1]))


def test_records_keep_their_bytes_and_each_range_its_account(store, writer):
    keys = [writer.publish(5, 2), writer.publish(0, 3), writer.publish(7, hole=4)]
    files = [store.read(key) for key in keys]
    header, merged = merge(files)
    assert contents(merged) == b"".join(contents(data) for data in files)
    assert bronze.verify(merged, "merged") == header
    assert (header.first_offset, header.next_offset, header.accepted) == (0, 21, 12)
    assert header.rejected == {"undecodable": 5}
    assert header.parts == tuple(bronze.verify(data, "f").ranges[0] for data in files)


def test_many_small_blocks_become_large_ones(store, writer, monkeypatch):
    monkeypatch.setattr("streaming.lake_care.merge._BLOCK_RECORDS", 10)
    _, merged = merge([store.read(writer.publish(3)) for _ in range(8)])
    found = avro_container.metadata(merged)
    assert found is not None
    assert [count for count, _ in avro_container.blocks(merged, found[1])] == [12, 12]


def test_files_that_do_not_follow_each_other_are_refused(store, writer):
    first, _, third = (store.read(writer.publish(3)) for _ in range(3))
    with pytest.raises(ValueError, match="offset 3 is followed by 6"):
        merge([first, third])
