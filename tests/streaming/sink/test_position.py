from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millwright.errors import MillwrightError
from millwright.lake import Genesis, chain_end, create_genesis
from millwright.store import FileStore
from streaming.sink.position import Chain, Log, Partition, place, resume

HERE: Partition = ("equipment-sensors", 3)


def kafka(low: int, high: int, topic_id: str = "a"):
    return lambda partitions: dict.fromkeys(partitions, Log(topic_id, low, high))


@given(first=st.integers(0, 50), end=st.integers(0, 50), low=st.integers(0, 50), more=st.integers(0, 50))
def test_the_chain_goes_on_where_it_ends_if_kafka_reaches_that_far(first: int, end: int, low: int, more: int):
    chain, log = Chain(Genesis("a", first), end), Log("a", low, low + more)
    if end > log.high:
        with pytest.raises(MillwrightError, match="has lost records that were landed"):
            place(HERE, chain, log)
    else:
        assert place(HERE, chain, log) == end


def test_a_chain_begins_at_the_first_record_that_kafka_has(tmp_path: Path):
    store = FileStore(tmp_path)
    assert resume(store, [HERE], kafka(7, 20)) == {HERE: 7}
    assert resume(store, [HERE], kafka(7, 99)) == {HERE: 7}


def test_another_topic_of_the_same_name_is_refused(tmp_path: Path):
    store = FileStore(tmp_path)
    resume(store, [HERE], kafka(0, 20))
    with pytest.raises(MillwrightError, match=r"was deleted and made anew.*bronze/equipment-sensors"):
        resume(store, [HERE], kafka(0, 20, "b"))


def test_what_kafka_dropped_is_recorded_once_and_said_aloud(tmp_path: Path, caplog):
    store = FileStore(tmp_path)
    resume(store, [HERE], kafka(0, 20))
    for _ in range(2):
        assert resume(store, [HERE], kafka(12, 20)) == {HERE: 12}
    assert chain_end(store, *HERE) == 12
    assert len([r for r in caplog.records if "offsets 0 to 11 are lost" in r.message]) == 1


def test_of_two_that_begin_a_chain_the_first_decides(tmp_path: Path):
    store = FileStore(tmp_path)

    def look(partitions: Iterable[Partition]) -> dict[Partition, Log]:
        create_genesis(store, *HERE, Genesis("a", 3))  # another worker, between our look and our attempt
        return dict.fromkeys(partitions, Log("a", 5, 9))

    assert resume(store, [HERE], look) == {HERE: 5}  # 3 and 4 are a gap: Kafka had them when the chain began
    assert chain_end(store, *HERE) == 5
