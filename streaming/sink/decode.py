"""Decoding: records in Confluent's wire format to Arrow, and what is wrong with those that are none."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress
from typing import Any

import fastavro
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from millwright.avro_container import varint
from millwright.wire import HEADER_BYTES
from streaming.sink.intake import Bools, Ints
from streaming.sink.lengths import usual_lengths

UNDECODABLE, TRAILING_BYTES = "undecodable", "trailing_bytes"

_ALONE = 32  # records; fewer are tried one by one
# The wire format's five bytes, as fields before the record's own: no byte has to be copied to get rid of them.
_HEADER: list[dict[str, Any]] = [{"name": "_magic", "type": "boolean"}, {"name": "_schema_id", "type": "float"}]
_WIDE: dict[str, Any] = {"int": "long", "['null', 'int']": ["null", "long"]}
_INT = 1 << 31


@dataclass(frozen=True)
class Decoded:
    """Records that were written with one schema. `index` says which of the given values each row was."""

    index: Ints
    rows: pa.RecordBatch
    wrong: dict[int, str]  # index → undecodable or trailing_bytes


def decode(packed: pa.BinaryArray, schema_json: str) -> Decoded:
    """Decode values, header included, that claim to be of this schema.

    The header is not looked at, save that its first byte has to be 0. A value that is longer than what its content
    takes is held against fastavro: a padded number is allowed, bytes after the record are not.
    """
    lengths = pc.binary_length(packed).to_numpy(zero_copy_only=False)
    if (rows := _in_one_go(packed, lengths, schema_json)) is not None:
        return Decoded(np.arange(len(packed)), _own(rows), {})
    # Here, for not every service that decodes meets a broken record, and Numba takes 130 MB.
    from streaming.sink.structure import well_formed

    formed = well_formed(packed, json.loads(_framed(schema_json)))
    if (found := _but_for_some(packed, lengths, formed, schema_json)) is not None:
        return found
    values = packed.to_pylist()
    sound, rows = np.ones(len(values), np.bool_), _decoded(values, schema_json)
    if rows is None:
        sound, rows = _sound(values, formed, schema_json)
    kept, wrong = np.flatnonzero(sound), dict.fromkeys(np.flatnonzero(~sound).tolist(), UNDECODABLE)
    odd = np.flatnonzero((lengths[kept] != usual_lengths(rows, _framed(schema_json))) | _beyond(rows, schema_json))
    late = {int(kept[row]): why for row in odd if (why := _why(values[kept[row]], schema_json))}
    if late:
        stays = np.isin(kept, list(late), invert=True)
        kept, rows = kept[stays], rows.filter(pa.array(stays))
    return Decoded(kept, _own(rows), wrong | late)


def _own(rows: pa.RecordBatch) -> pa.RecordBatch:
    """The record's own fields."""
    return rows.select(rows.schema.names[len(_HEADER) :])


def _in_one_go(packed: pa.BinaryArray, lengths: Ints, schema_json: str) -> pa.RecordBatch | None:
    """The values as rows, decoded as the items of one array, which needs no Python object for each; None if any is odd.

    Where each record is in its shortest form just as long as its value, each was read from where its value begins:
    none takes less than its shortest form, so one that took more would have shifted the array's end.
    """
    if not len(packed):
        return None
    _, bounds, data = packed.buffers()
    ends = np.frombuffer(bounds, np.int32)[packed.offset : packed.offset + len(packed) + 1]
    block = b"".join((varint(len(packed)), memoryview(data)[ends[0] : ends[-1]], b"\0"))
    try:
        items = pyruhvro.deserialize_array([block], _listed(schema_json))["items"]
        rows = pa.RecordBatch.from_struct_array(items.values)
        rows.validate(full=True)  # it does not check by itself that text is UTF-8
    except ValueError:
        return None
    if len(rows) != len(packed) or (lengths != usual_lengths(rows, _framed(schema_json))).any():
        return None
    return None if _beyond(rows, schema_json).any() else rows


def _but_for_some(packed: pa.BinaryArray, lengths: Ints, formed: Bools, schema_json: str) -> Decoded | None:
    """The same for those that are well formed, where each of the others is wrong beyond doubt; else None."""
    rows = None if formed.all() else _in_one_go(packed.filter(pa.array(formed)), lengths[formed], schema_json)
    if rows is None:
        return None
    wrong = dict[int, str]()
    for at in np.flatnonzero(~formed).tolist():
        if (why := _why(value := packed[at].as_py(), schema_json)) is None:
            return None
        decodable = why == TRAILING_BYTES and _decoded([value], schema_json) is not None
        wrong[at] = why if decodable else UNDECODABLE
    return Decoded(np.flatnonzero(formed), _own(rows), wrong)


def _sound(values: list[bytes], formed: Bools, schema_json: str) -> tuple[Bools, pa.RecordBatch]:
    """Which values can be decoded, and their rows. One that cannot fails the whole batch.

    The suspects are found by their structure; where that and fastavro do not agree, pyruhvro decides, one by one.
    """
    sound = formed.copy()
    for at in np.flatnonzero(~sound).tolist():
        sound[at] = _why(values[at], schema_json) != UNDECODABLE and _decoded([values[at]], schema_json) is not None
    if (rows := _decoded(list(compress(values, sound)), schema_json)) is None:
        sound[list(_failing(values, np.flatnonzero(sound).tolist(), schema_json))] = False
        rows = _decoded(list(compress(values, sound)), schema_json)
        assert rows is not None, "each of them has been decoded"
    return sound, rows


def _failing(values: list[bytes], places: list[int], schema_json: str) -> Iterator[int]:
    """Those of the places whose values cannot be decoded: what fails is halved."""
    if _decoded([values[at] for at in places], schema_json) is not None:
        return
    if len(places) <= _ALONE:
        yield from (at for at in places if _decoded([values[at]], schema_json) is None)
        return
    middle = len(places) // 2
    yield from _failing(values, places[:middle], schema_json)
    yield from _failing(values, places[middle:], schema_json)


def _decoded(values: list[bytes], schema_json: str) -> pa.RecordBatch | None:
    """The values as rows, header and all; None if one of them cannot be decoded."""
    try:
        rows = pyruhvro.deserialize_array(values, _framed(schema_json))
        rows.validate(full=True)  # it does not check by itself that text is UTF-8
    except ValueError:
        return None
    return rows


def _beyond(rows: pa.RecordBatch, schema_json: str) -> Bools:
    """Per row whether an int of it has more than 32 bits."""
    found = np.zeros(len(rows), np.bool_)
    for name in _ints(schema_json):
        column = pc.fill_null(rows.column(name), 0).to_numpy()
        found |= (column < -_INT) | (column >= _INT)
    return found


def _why(value: bytes, schema_json: str) -> str | None:
    """Why a value is not one record of the schema; None if it is, be it that a number in it is padded."""
    rest = io.BytesIO(value)
    rest.seek(HEADER_BYTES)
    try:
        record = fastavro.schemaless_reader(rest, _plain(schema_json))
    except (EOFError, IndexError, ValueError):
        return UNDECODABLE
    if any(record[name] is not None and not -_INT <= record[name] < _INT for name in _ints(schema_json)):
        return UNDECODABLE
    return TRAILING_BYTES if rest.tell() < len(value) else None


@lru_cache(maxsize=256)
def _ints(schema_json: str) -> list[str]:
    """The fields that have at most 32 bits."""
    return [field["name"] for field in json.loads(schema_json)["fields"] if str(field["type"]) in _WIDE]


@lru_cache(maxsize=256)
def _framed(schema_json: str) -> str:
    avro = json.loads(schema_json)
    # An int is written as a long is; read as an int, it would lose the bits beyond its 32nd without a word.
    wide = [{**field, "type": _WIDE.get(str(field["type"]), field["type"])} for field in avro["fields"]]
    return json.dumps({**avro, "fields": [*_HEADER, *wide]}, ensure_ascii=False)


@lru_cache(maxsize=256)
def _listed(schema_json: str) -> str:
    items = {"type": "array", "items": json.loads(_framed(schema_json))}
    return json.dumps({"type": "record", "name": "Block", "fields": [{"name": "items", "type": items}]})


@lru_cache(maxsize=256)
def _plain(schema_json: str) -> Any:
    """The schema without logical types: a time stamp beyond Python's years is no error of the encoding."""

    def plain(kind: Any) -> Any:
        if isinstance(kind, list):
            return [plain(branch) for branch in kind]
        return kind["type"] if isinstance(kind, dict) and "logicalType" in kind else kind

    avro = json.loads(schema_json)
    fields = [{"name": f["name"], "type": plain(f["type"])} for f in avro["fields"]]
    return fastavro.parse_schema({"type": "record", "name": avro["name"], "fields": fields})
