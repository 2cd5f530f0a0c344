"""The account notices whatever may go wrong with a record."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chaos.account import Account, Landed, Position, Sent, account

HEADER = b"\0\0\0\0\1"


def sent(count: int = 20) -> dict[Position, Sent]:
    """Records of two partitions, every fifth of them broken."""
    found = {}
    for i in range(count):
        broken = i % 5 == 0
        value = b"junk %d" % i if broken else HEADER + b"body %d" % i
        found[i % 2, 10 + i] = Sent(b"m%d" % i, value, "not_avro_wire_format" if broken else None)
    return found


def landed(records: dict[Position, Sent]) -> list[Landed]:
    """The same records as a lake without fault holds them."""
    return [
        Landed(at, "quarantine/1", each.reason, each.key, each.value)
        if each.reason
        else Landed(at, "bronze/1", None, None, (each.value or b"")[5:])
        for at, each in records.items()
    ]


def faults(found: Account) -> dict[str, int]:
    names = ("lost", "doubled", "altered", "misjudged", "strange")
    return {name: len(getattr(found, name)) for name in names if getattr(found, name)}


def test_a_lake_that_holds_all_of_it_once_is_right():
    found = account(sent(), landed(sent()))
    assert (found.sent, found.landed, found.quarantined, faults(found)) == (20, 16, 4, {})
    assert found.is_right


@given(st.integers(0, 19))
def test_a_lost_record_is_noticed(number: int):
    lake = landed(sent())
    missing = lake.pop(number)
    found = account(sent(), lake)
    assert (found.lost, faults(found)) == ([missing.position], {"lost": 1})
    assert not found.is_right


@given(st.integers(0, 19), st.sampled_from(["bronze/1", "bronze/2", "quarantine/2"]))
def test_a_doubled_record_is_noticed_in_the_same_file_or_in_another(number: int, file: str):
    lake = landed(sent())
    lake.append(replace(lake[number], file=file))
    found = account(sent(), lake)
    assert faults(found) == {"doubled": 1}
    assert found.landed + found.quarantined == found.sent
    assert file in found.doubled[0]


@given(st.integers(0, 19), st.integers(0, 5))
def test_an_altered_byte_is_noticed(number: int, at: int):
    lake = landed(sent())
    value = bytearray(lake[number].value or b"")
    value[at] ^= 1
    lake[number] = replace(lake[number], value=bytes(value))
    assert faults(account(sent(), lake)) == {"altered": 1}


def test_an_altered_key_in_quarantine_is_noticed():
    lake = [replace(each, key=b"x") if each.position == (0, 10) else each for each in landed(sent())]
    assert faults(account(sent(), lake)) == {"altered": 1}


def test_a_sound_record_in_quarantine_is_noticed():
    records = sent()
    sound = records[1, 11]
    lake = [each for each in landed(records) if each.position != (1, 11)]
    lake.append(Landed((1, 11), "quarantine/1", "undecodable", sound.key, sound.value))
    assert faults(account(records, lake)) == {"misjudged": 1}


def test_a_broken_record_among_the_accepted_is_noticed():
    records = sent()
    lake = [each for each in landed(records) if each.position != (0, 10)]
    lake.append(Landed((0, 10), "bronze/1", None, None, (records[0, 10].value or b"")[5:]))
    assert faults(account(records, lake)) == {"misjudged": 1}


def test_another_reason_than_was_planted_is_noticed():
    lake = [replace(each, reason="empty") if each.reason else each for each in landed(sent())]
    assert faults(account(sent(), lake)) == {"misjudged": 4}


def test_a_record_that_kafka_does_not_have_is_noticed():
    lake = [*landed(sent()), Landed((0, 99), "bronze/1", None, None, b"body")]
    assert faults(account(sent(), lake)) == {"strange": 1}


@pytest.mark.parametrize("swapped", [(1, 3)])
def test_two_bodies_in_each_others_place_are_noticed(swapped: tuple[int, int]):
    lake, (a, b) = landed(sent()), swapped
    lake[a], lake[b] = replace(lake[a], value=lake[b].value), replace(lake[b], value=lake[a].value)
    assert faults(account(sent(), lake)) == {"altered": 2}
