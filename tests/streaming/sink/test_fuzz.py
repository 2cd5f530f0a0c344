"""Mutated messages never crash the judgement, never poison a neighbour, and are all accounted for.

`millwright chaos fuzz` does the same with a million of them.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chaos.fuzz import run as course
from chaos.fuzz.avro import strict
from chaos.fuzz.judged import TOLERANCE_SECONDS, judged
from chaos.fuzz.mutate import mutated, zigzag
from chaos.fuzz.oracle import values_of, verdict
from chaos.fuzz.run import fuzz
from chaos.fuzz.seeds import NOW_MS, Stream, sound_value, streams
from chaos.rubbish import KINDS
from millwright.contracts import contract, parse_contract
from millwright.registry import Registered
from millwright.wire import encode, header

STREAMS = streams(1)


def test_thirty_thousand_mutated_messages_are_judged_as_a_second_opinion_judges_them():
    found = fuzz(30_000, seed=20_261_121)
    assert found.faults == []
    assert found.accepted + found.rejected.total() == found.given >= 30_000
    assert found.accepted > 500, "hardly anything survives its mutation: the mutations are too coarse"
    reached = {"undecodable", "trailing_bytes", "not_avro_wire_format", "unknown_schema", "empty", "wrong_key"}
    assert reached | {"out_of_range:event_time", "event_time_in_future"} <= found.rejected.keys()


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from(STREAMS), st.integers(0, 60))
def test_sound_messages_come_out_as_they_came_whatever_lies_between_them(seed: int, stream: Stream, count: int):
    rng = Random(seed)
    batch = [(rng.choice(stream.pool)[1:] if rng.random() < 0.5 else mutated(stream, rng)) for _ in range(count)]
    accepted, rejected = judged(batch, stream, NOW_MS)
    assert sorted([*accepted, *rejected]) == list(range(count))
    alone = {index: judged([message], stream, NOW_MS) for index, message in enumerate(batch)}
    assert accepted == {index: found[0][0] for index, found in alone.items() if found[0]}
    assert rejected == {index: found[1][0] for index, found in alone.items() if found[1]}


def test_a_fault_of_the_judgement_is_noticed(monkeypatch: pytest.MonkeyPatch):
    """The fuzz itself: each way to judge wrongly is planted."""

    def plant(harm):
        def harmed(messages, stream, append_ms):
            accepted, rejected = judged(messages, stream, append_ms)
            harm(accepted, rejected)
            return accepted, rejected

        monkeypatch.setattr(course, "judged", harmed)
        return Counter(fault.split(": ")[1].split(" (")[0].split(",")[0] for fault in fuzz(200, seed=1).faults)

    assert not plant(lambda accepted, rejected: None)
    assert plant(lambda accepted, rejected: accepted and accepted.popitem())["neither accepted nor rejected"]
    swapped = plant(lambda accepted, rejected: rejected.update(dict.fromkeys(rejected, "empty")))
    assert swapped["rejected as empty"]
    taken = plant(lambda accepted, rejected: accepted and rejected.update({accepted.popitem()[0]: "undecodable"}))
    assert taken["a sound neighbour was rejected"]
    assert plant(lambda accepted, rejected: accepted.update(dict.fromkeys(accepted, b"\0")))[
        "accepted with other values"
    ]


def test_every_kind_of_rubbish_of_the_chaos_run_is_rejected_for_its_reason():
    spec, rng = contract("equipment-sensors"), Random(3)
    stream = Stream(spec, 1, {1: Registered(1, 1, spec.avro_json)}, [], [])
    row = {"equipment_id": "m1", "event_time": datetime.fromtimestamp(NOW_MS / 1000, UTC), "rotation": 1.0}
    for name, (reason, breaks) in KINDS.items():
        messages = [breaks(spec, row, 1, rng) for _ in range(40)]
        assert judged(messages, stream, NOW_MS)[1] == dict.fromkeys(range(40), reason), name


@given(st.integers(-(2**63), 2**63 - 1))
def test_the_plain_reader_reads_what_the_writer_wrote(number: int):
    assert strict(zigzag(number), [{"name": "n", "type": "long"}]) == {"n": number}


@given(st.integers(0, 2**32))
def test_sound_values_are_sound_by_the_second_opinion(seed: int):
    rng = Random(seed)
    for stream in STREAMS:
        row = {field.name: sound_value(stream.contract, field, rng) for field in stream.contract.fields}
        [[(key, body)]] = encode(stream.contract, [row])
        assert verdict((key, header(stream.newest_id) + body), stream, NOW_MS, TOLERANCE_SECONDS) is None


INT = parse_contract(
    {
        **contract("equipment-sensors").avro,
        "fields": [*contract("equipment-sensors").avro["fields"], {"name": "shift", "type": "int", "default": 0}],
    },
    "with an int",
)


# Of the last, what is left in 32 bits takes as many bytes as the whole.
@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 2**31 + 5, -(2**40), 10_200_000_000])
def test_a_whole_number_beyond_its_bits_is_no_record(number: int):
    [[(key, body)]] = encode(INT, [{"equipment_id": "m1", "event_time": NOW_MS * 1000, "shift": 0}])
    stream = Stream(INT, 1, {1: Registered(1, 1, INT.avro_json)}, [], [])
    too_large = body[:-1] + zigzag(number)
    assert values_of(too_large, INT.avro_json) is None
    accepted, rejected = judged([(key, header(1) + body), (key, header(1) + too_large)], stream, NOW_MS)
    assert accepted == {0: body}
    assert rejected == {1: "undecodable"}
