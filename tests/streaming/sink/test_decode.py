from __future__ import annotations

import io
import json
import random
from collections import Counter

import fastavro
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millwright.contracts import contract, contracts
from millwright.wire import encode, header
from streaming.sink.decode import _plain, decode

SPEC = contract("quality-metrics")
ROW = {"equipment_id": "m", "event_time": 1, "inspection_id": "i", "product_id": "p", "result": "Good"}


HEADER = header(200)  # a byte that no number ends with


def value(**values) -> bytes:
    [[(_, encoded)]] = encode(SPEC, [{**ROW, **values}])
    return HEADER + encoded


def as_fastavro_sees(data: bytes, schema_json: str) -> tuple[str, bytes | None]:
    """ok, trailing or broken; and for ok the bytes that its values are normally written as."""
    rest = io.BytesIO(data)
    rest.seek(len(HEADER))
    try:
        found = fastavro.schemaless_reader(rest, _plain(schema_json))
    except (EOFError, IndexError, ValueError):
        return "broken", None
    if rest.tell() < len(data):
        return "trailing", None
    again = io.BytesIO()
    fastavro.schemaless_writer(again, _plain(schema_json), found)
    return "ok", again.getvalue()


def mutated(rng: random.Random, data: bytes) -> bytes:
    out = bytearray(data[len(HEADER) :])
    for _ in range(rng.randint(0, 3)):
        kind, at = rng.randrange(4), rng.randrange(len(out)) if out else 0
        if kind == 0 and out:
            out[at] = rng.randrange(256)
        elif kind == 1:
            del out[at:]
        elif kind == 2:
            out += rng.randbytes(rng.randint(1, 8))
        else:
            out[at:at] = bytes([rng.choice([0xFF, 0x80, 0x7F, 1])]) * rng.randint(1, 9)
    return HEADER + bytes(out)


def packed(values: list[bytes]) -> pa.BinaryArray:
    return pa.array(values, pa.binary())


@pytest.mark.parametrize("spec", list(contracts().values()), ids=lambda spec: spec.stream)
def test_thousands_of_mutated_records_are_told_apart_one_by_one(spec):
    rng = random.Random(spec.stream)
    kinds = {"string": "ä", "double": 1.5, "long": 7, "boolean": True, "timestamp-micros": 10**15}
    rows = [
        {f.name: None if f.nullable and rng.random() < 0.3 else kinds[f.avro_type] for f in spec.fields}
        for _ in range(2000)
    ]
    good = [HEADER + data for part in encode(spec, rows) for _, data in part]
    sent = [mutated(rng, data) for data in good]
    found = decode(packed(sent), spec.avro_json)
    assert sorted([*found.index, *found.wrong]) == list(range(len(sent)))
    rows_again = pa.Table.from_batches([found.rows]).cast(spec.arrow_schema)
    again = dict(zip(found.index.tolist(), (d for part in encode(spec, rows_again) for _, d in part), strict=True))
    seen: Counter[str] = Counter()
    for i, data in enumerate(sent):
        verdict, canonical = as_fastavro_sees(data, spec.avro_json)
        seen[verdict] += 1
        if i in again:
            assert verdict == "ok"
            assert again[i] == canonical
        elif found.wrong[i] == "trailing_bytes":
            assert verdict == "trailing"
        else:  # stricter than fastavro: it takes numbers of more than 64 bits and unions counted from the end
            assert data != good[i]
    assert min(seen["ok"], seen["trailing"], seen["broken"]) > 100


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(["good", "short", "long", "empty"]), max_size=40))
def test_a_broken_record_spoils_no_other(kinds: list[str]):
    make = {"good": lambda b: b, "short": lambda b: b[:-9], "long": lambda b: b + b"\0", "empty": lambda b: HEADER}
    sent = [make[kind](value(lot_id=f"lot {i}")) for i, kind in enumerate(kinds)]
    found = decode(packed(sent), SPEC.avro_json)
    good = [i for i, kind in enumerate(kinds) if kind == "good"]
    assert found.index.tolist() == good
    assert [found.rows["lot_id"][j].as_py() for j in range(len(good))] == [f"lot {i}" for i in found.index]
    reasons = {"short": "undecodable", "long": "trailing_bytes", "empty": "undecodable"}
    assert found.wrong == {i: reasons[kind] for i, kind in enumerate(kinds) if kind != "good"}


def test_a_padded_number_is_the_same_number():
    usual = value()
    at = usual.index(b"\x02", 7)  # event_time 1 is one byte
    padded = usual[:at] + b"\x82\x00" + usual[at + 1 :]
    found = decode(packed([usual, padded]), SPEC.avro_json)
    first, second = found.rows.to_pylist()
    assert first == second
    assert found.wrong == {}


def test_text_that_is_not_utf8_is_not_text():
    bad = value(lot_id="abc").replace(b"abc", b"a\xffc")
    assert decode(packed([value(), bad]), SPEC.avro_json).wrong == {1: "undecodable"}


def test_many_records_keep_their_order():
    parts = encode(SPEC, [{**ROW, "lot_id": str(i)} for i in range(10_000)])
    sent = [*(HEADER + data for part in parts for _, data in part), HEADER + b"\0"]
    found = decode(packed(sent), SPEC.avro_json)
    assert found.index.tolist() == list(range(10_000))
    assert found.rows.column("lot_id").to_pylist() == [str(i) for i in range(10_000)]


def test_a_schema_with_fields_of_other_kinds_is_decoded_too():
    """No contract has them; another writer's version of a stream may."""
    kind = {"type": "array", "items": "long"}
    avro = {**SPEC.avro, "fields": [*SPEC.avro["fields"], {"name": "tags", "type": kind, "default": []}]}
    schema, plain = json.dumps(avro), fastavro.parse_schema(json.loads(json.dumps(avro)))
    sent = []
    for tags in ([], [1, 2, 3], [2**40]):
        out = io.BytesIO()
        fastavro.schemaless_writer(out, plain, {**ROW, "tags": tags})
        sent.append(HEADER + out.getvalue())
    found = decode(packed([*sent, sent[1] + b"x", sent[1][:-2]]), schema)
    assert found.rows.column("tags").to_pylist() == [[], [1, 2, 3], [2**40]]
    assert found.wrong == {3: "trailing_bytes", 4: "undecodable"}


def test_no_records_decode_to_no_rows():
    found = decode(packed([]), SPEC.avro_json)
    assert (found.index.tolist(), found.rows.num_rows, found.wrong) == ([], 0, {})
    assert json.loads(SPEC.avro_json)["fields"][0]["name"] == found.rows.schema.names[0]
