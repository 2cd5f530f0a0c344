from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from millwright.contracts import contract
from millwright.wire import encode, header
from streaming.quarantined.content import fields_of, schema_id_of, shown

SPEC = contract("equipment-sensors")
ROW = {"equipment_id": "m1", "event_time": 1_772_323_200_000_000, "temperature": 21.5, "rotation": 3.0}


def value() -> bytes:
    [[(_, body)]] = encode(SPEC, [ROW])
    return header(7) + body


def test_a_whole_record_is_shown_whole():
    found = fields_of(value(), SPEC.avro)
    assert list(found) == [field["name"] for field in SPEC.avro["fields"]]
    assert (found["equipment_id"], found["temperature"]) == ("m1", 21.5)
    assert schema_id_of(value()) == 7


def test_a_record_that_is_cut_is_shown_up_to_the_cut():
    found = fields_of(value()[: 5 + 3 + 9], SPEC.avro)
    assert found["equipment_id"] == "m1"
    assert "rotation" not in found


@given(data=st.binary(max_size=60))
def test_whatever_comes_is_shown_somehow(data: bytes):
    fields_of(data, SPEC.avro), schema_id_of(data)
    assert len(shown(data, 10)) <= 41


def test_what_has_no_header_names_no_schema():
    assert [schema_id_of(data) for data in (None, b"", b"junk!", b"\0\0\0")] == [None] * 4
