from __future__ import annotations

from concurrent.futures import Future

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from streaming.sink.buffer import Buffer, Packed, Part
from streaming.sink.intake import Run
from streaming.sink.streams import Stream

STREAM = Stream(None, 1)  # type: ignore[arg-type]


def run(*offsets: int) -> Run:
    return Run.of(np.array(offsets), np.array(offsets) + 1000, [b"k"] * len(offsets), [b"value"] * len(offsets))


def filled(*runs: Run, start: int = 0) -> Buffer:
    buffer = Buffer.at(3, start)
    for one in runs:
        buffer.add(one)
    return buffer


def sealed(buffer: Buffer) -> None:
    taken = buffer.unjudged()
    packed: Future[Packed] = Future()
    packed.set_result(Packed(len(taken), b"0123456789" * len(taken), []))
    buffer.seal(Part(STREAM, int(taken.offsets[-1]) + 1, len(taken), 0, 0, packed, raw_size=taken.size))


def test_records_that_come_again_are_taken_once():
    buffer = filled(run(5, 6), run(5, 6, 7), start=5)
    assert buffer.unjudged().offsets.tolist() == [5, 6, 7]
    assert (buffer.start, buffer.next_offset, len(buffer)) == (5, 8, 3)


def test_records_before_the_start_are_left_out():
    buffer = filled(run(3, 4), run(3, 4, 5), start=5)
    assert buffer.unjudged().offsets.tolist() == [5]
    assert buffer.unjudged().values.to_pylist() == [b"value"]


@given(st.lists(st.lists(st.integers(0, 60), min_size=1, max_size=10, unique=True).map(sorted), max_size=12))
def test_what_it_holds_is_in_order_and_once(runs: list[list[int]]):
    buffer, expected = filled(*(run(*offsets) for offsets in runs), start=7), list[int]()
    for offset in (offset for offsets in runs for offset in offsets):
        if offset >= max(7, *(taken + 1 for taken in expected), 0):
            expected.append(offset)
    assert len(buffer) == len(expected)
    if expected:
        joined = buffer.unjudged()
        assert joined.offsets.tolist() == expected
        assert joined.append_times.tolist() == [offset + 1000 for offset in expected]
        assert len(joined.keys) == len(joined.values) == len(expected)


def test_holes_belong_to_the_range():
    buffer = filled(run(7, 9), start=5)
    buffer.skip_to(12)
    assert (buffer.start, buffer.next_offset) == (5, 12)
    buffer.skip_to(11)
    sealed(buffer)
    assert (buffer.cut().next_offset, buffer.start) == (12, 12)


def test_a_cut_before_unjudged_records_leaves_them_to_the_next_range():
    buffer = filled(run(5, 6), start=5)
    sealed(buffer)
    buffer.add(run(9))
    first = buffer.cut()
    assert (first.start, first.next_offset, len(first.parts)) == (5, 7, 1)
    sealed(buffer)
    second = buffer.cut()
    assert (second.start, second.next_offset) == (7, 10)
    assert (len(buffer), buffer.size, buffer.since) == (0, 0, None)


def test_a_range_is_due_by_number_or_by_age_and_never_when_empty():
    buffer = filled(run(0, 1))
    assert buffer.since is not None
    assert buffer.due(2, 100, buffer.since)
    assert not buffer.due(3, 100, buffer.since + 99)
    assert buffer.due(3, 100, buffer.since + 101)
    sealed(buffer)
    assert buffer.due(2, 100, buffer.since)
    assert not Buffer.at(0, 0).due(0, 0, 1e12)


def test_its_size_is_that_of_what_it_holds():
    buffer = filled(run(0, 1))
    assert buffer.size > filled(run(0)).size > Buffer.at(0, 0).size == 0
    sealed(buffer)
    assert buffer.size == 20
