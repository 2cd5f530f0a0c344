from __future__ import annotations

from streaming.sink.buffer import Buffer


def filled(*offsets: int, start: int = 0) -> Buffer:
    buffer = Buffer.at(start)
    for offset in offsets:
        buffer.add(offset, 1, b"k", b"value")
    return buffer


def test_a_record_that_comes_again_is_taken_once():
    buffer = filled(5, 6, 5, 6, 7, start=5)
    assert (buffer.offsets, buffer.start, buffer.next_offset) == ([5, 6, 7], 5, 8)


def test_a_record_before_the_start_is_left_out():
    assert filled(3, 4, 5, start=5).offsets == [5]


def test_holes_belong_to_the_range():
    buffer = filled(7, 9, start=5)
    buffer.skip_to(12)
    assert (buffer.start, buffer.next_offset) == (5, 12)
    buffer.skip_to(11)
    assert buffer.next_offset == 12


def test_a_range_is_due_by_number_or_by_age_and_never_when_empty():
    buffer = filled(0, 1)
    assert buffer.since is not None
    assert buffer.due(2, 100, buffer.since)
    assert not buffer.due(3, 100, buffer.since + 99)
    assert buffer.due(3, 100, buffer.since + 100)
    assert not Buffer.at(0).due(0, 0, 1e12)


def test_its_size_grows_with_what_it_holds():
    assert filled(0, 1).size > filled(0).size > Buffer.at(0).size == 0
