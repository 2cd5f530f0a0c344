"""What Kafka holds against what was acknowledged."""

from __future__ import annotations

from collections import Counter

from chaos.account import Sent
from chaos.held import held

GOOD, JUNK = (b"m1", b"good"), (None, b"junk")
REASONS = {GOOD: None, JUNK: "not_avro_wire_format"}


def test_what_was_planted_is_known_of_each_record():
    sent, faults = held({(0, 4): GOOD, (1, 9): JUNK}, Counter([GOOD, JUNK]), REASONS)
    assert sent == {(0, 4): Sent(*GOOD, None), (1, 9): Sent(*JUNK, "not_avro_wire_format")}
    assert faults == []


def test_an_acknowledged_record_that_kafka_lost_is_told():
    assert held({(0, 4): GOOD}, Counter([GOOD, JUNK]), REASONS)[1] == ["1 acknowledged records are not in Kafka"]


def test_a_record_that_kafka_has_twice_is_told():
    faults = held({(0, 4): GOOD, (0, 5): GOOD}, Counter([GOOD]), REASONS)[1]
    assert faults == ["Kafka holds 1 records more than were acknowledged"]
