from __future__ import annotations

import copy
import io
from datetime import UTC, datetime

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright.contracts import Contract, contract, parse_contract
from millwright.registry import Registered
from millwright.wire import encode, header
from streaming.sink.intake import Run
from streaming.sink.judge import Judged, headed, judge

V1 = contract("equipment-sensors")
NOW_MS = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp() * 1000)
TOLERANCE = 300.0


def evolved() -> Contract:
    """The contract with a new channel amid the old ones, and a required field that has a default."""
    avro = copy.deepcopy(V1.avro)
    torque = {"name": "torque", "type": ["null", "double"], "default": None, "valid": [0.0, 10.0], "channel": True}
    avro["fields"][3:3] = [torque, {"name": "site", "type": "string", "default": "main"}]
    return parse_contract(avro, "v2")


V2 = evolved()
KNOWN = {1: Registered(1, 1, V1.avro_json), 2: Registered(2, 2, V2.avro_json)}


def message(spec: Contract, schema_id: int, **values) -> tuple[bytes, bytes]:
    row = {"equipment_id": "m1", "event_time": NOW_MS * 1000, **values}
    if spec is V2:
        row.setdefault("site", "north")
    [[(key, body)]] = encode(spec, [row])
    return key, header(schema_id) + body


def run_of(*messages: tuple[bytes | None, bytes | None], first: int = 0) -> Run:
    at = np.arange(first, first + len(messages))
    return Run.of(100 + 3 * at, NOW_MS + at, [key for key, _ in messages], [value for _, value in messages])


def by_v2(run: Run) -> Judged:
    return judge(run, headed(run), V2, 2, KNOWN, TOLERANCE)


def rows(judged: Judged, spec: Contract) -> list[dict]:
    schema = fastavro.parse_schema(copy.deepcopy(spec.avro))
    return [fastavro.schemaless_reader(io.BytesIO(body), schema) for body in judged.accepted.bodies.to_pylist()]


KINDS = {
    "new": (lambda: message(V2, 2, torque=3.0), None),
    "old": (lambda: message(V1, 1, temperature=20.0), None),
    "tombstone": (lambda: (b"m1", None), "empty"),
    "no bytes": (lambda: (b"m1", b""), "empty"),
    "json": (lambda: (b"m1", b'{"equipment_id": "m1"}'), "not_avro_wire_format"),
    "four bytes": (lambda: (b"m1", b"\0\0\0\0"), "not_avro_wire_format"),
    "bare header": (lambda: (b"m1", header(2)), "undecodable"),
    "unknown": (lambda: (b"m1", header(77) + b"abc"), "unknown_schema"),
    "cut": (lambda: (b"m1", message(V2, 2, torque=1.0)[1][:-9]), "undecodable"),
    "longer": (lambda: (b"m1", message(V2, 2)[1] + b"\0"), "trailing_bytes"),
    "hot": (lambda: message(V1, 1, temperature=1e9), "out_of_range:temperature"),
    "new field wrong": (lambda: message(V2, 2, torque=11.0), "out_of_range:torque"),
    "future": (lambda: message(V2, 2, event_time=(NOW_MS + 10**6) * 1000), "event_time_in_future"),
    "no key": (lambda: (None, message(V2, 2)[1]), "wrong_key"),
    "another's key": (lambda: (b"m2", message(V2, 2)[1]), "wrong_key"),
    "empty machine": (lambda: message(V2, 2, equipment_id=""), "missing_required:equipment_id"),
}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=30))
def test_every_record_is_accepted_or_rejected_with_its_own_reason(kinds: list[str]):
    run = run_of(*(KINDS[kind][0]() for kind in kinds))
    judged = by_v2(run)
    assert judged.rejected == {i: KINDS[kind][1] for i, kind in enumerate(kinds) if KINDS[kind][1]}
    good = [i for i, kind in enumerate(kinds) if not KINDS[kind][1]]
    assert judged.accepted.offsets.to_pylist() == [run.offsets[i] for i in good]
    assert judged.accepted.append_times.to_pylist() == [run.append_times[i] for i in good]
    assert [row["torque"] for row in rows(judged, V2)] == [3.0 if kinds[i] == "new" else None for i in good]


def test_records_of_an_older_schema_are_written_as_the_newest_with_its_defaults():
    judged = by_v2(run_of(message(V1, 1, temperature=20.0, current=4.0), message(V2, 2, torque=1.0)))
    old, new = rows(judged, V2)
    given_ = {"equipment_id": "m1", "event_time": datetime.fromtimestamp(NOW_MS / 1000, UTC), "site": "main"}
    assert old == {**dict.fromkeys(f.name for f in V2.fields), **given_, "temperature": 20.0, "current": 4.0}
    assert (new["torque"], new["site"]) == (1.0, "north")


def test_accepted_bytes_of_the_newest_schema_pass_through_unchanged():
    sent = [message(V2, 2, torque=float(i)) for i in range(5)]
    judged = by_v2(run_of(*sent))
    assert judged.accepted.bodies.to_pylist() == [value[5:] for _, value in sent]


@pytest.mark.parametrize("cut", [1, 10, 29])
def test_where_a_range_is_cut_changes_no_judgement(cut: int):
    messages = [KINDS[kind][0]() for kind in sorted(KINDS)] * 2
    whole = by_v2(run_of(*messages))
    first = by_v2(run_of(*messages[:cut])).rejected
    rest = by_v2(run_of(*messages[cut:], first=cut)).rejected
    assert first | {cut + i: reason for i, reason in rest.items()} == whole.rejected


def test_records_are_told_apart_by_the_schema_that_they_name():
    found = headed(run_of((b"k", None), (b"k", b"junk"), (b"k", header(9) + b"x"), message(V1, 1), message(V1, 1)))
    assert {schema_id: index.tolist() for schema_id, index in found.by_schema.items()} == {9: [2], 1: [3, 4]}
    assert found.rejected == {0: "empty", 1: "not_avro_wire_format"}


def test_no_records_give_nothing():
    judged = by_v2(run_of())
    assert (len(judged.accepted.offsets), judged.rejected) == (0, {})
