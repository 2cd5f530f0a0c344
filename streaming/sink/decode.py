"""Decoding: Avro bodies to Arrow, and what is wrong with those that are none."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

UNDECODABLE, TRAILING_BYTES = "undecodable", "trailing_bytes"

_CHUNK = 10_000
_ALONE = 32  # records; fewer are read one by one with fastavro, for a call of pyruhvro has a cost of its own


@dataclass(frozen=True)
class Decoded:
    """Records that were written with one schema. `index` says which of the given bodies each row was.

    `bodies` are the rows' Avro bytes: those that came, save where an odd writer chose a longer form of a number.
    """

    index: list[int]
    rows: pa.Table
    bodies: pa.ChunkedArray
    wrong: dict[int, str]  # index → undecodable or trailing_bytes


def decode(bodies: list[bytes], schema_json: str) -> Decoded:
    """Decode bodies (without the wire format's header) that claim to be of this schema."""
    index: list[int] = []
    batches: list[pa.RecordBatch] = []
    usual: list[pa.Array] = []
    wrong: dict[int, str] = {}
    for start in range(0, len(bodies), _CHUNK):
        chunk = bodies[start : start + _CHUNK]
        broken = set(_broken(chunk, 0, len(chunk), schema_json))
        wrong.update(dict.fromkeys((start + at for at in broken), UNDECODABLE))
        kept = [at for at in range(len(chunk)) if at not in broken]
        batch = pyruhvro.deserialize_array([chunk[at] for at in kept] if broken else chunk, schema_json)
        [as_usual] = pyruhvro.serialize_record_batch(batch, schema_json, 1)
        came = pa.array([chunk[at] for at in kept], pa.binary())
        for row in pc.indices_nonzero(pc.not_equal(as_usual, came)).to_pylist():
            if reason := _why(chunk[kept[row]], schema_json):
                wrong[start + kept[row]] = reason
        rows = [row for row, at in enumerate(kept) if start + at not in wrong]
        if len(rows) < len(kept):
            batch, as_usual = batch.take(pa.array(rows, pa.int64())), as_usual.take(pa.array(rows, pa.int64()))
        index.extend(start + kept[row] for row in rows)
        batches.append(batch)
        usual.append(as_usual)
    schema = pyruhvro.avro_to_arrow_schema(schema_json)
    return Decoded(index, pa.Table.from_batches(batches, schema), pa.chunked_array(usual, pa.binary()), wrong)


def _broken(bodies: list[bytes], low: int, high: int, schema_json: str) -> Iterator[int]:
    """The bodies from `low` to `high` that cannot be decoded.

    One fails the whole batch, so a batch that fails is halved; a small one is gone through by fastavro, whose start
    costs nothing. Where the two do not agree, pyruhvro decides, record by record.
    """
    if _decodes(bodies[low:high], schema_json):
        return
    if high - low > _ALONE:
        middle = (low + high) // 2
        yield from _broken(bodies, low, middle, schema_json)
        yield from _broken(bodies, middle, high, schema_json)
        return
    whole = [at for at in range(low, high) if _why(bodies[at], schema_json) != UNDECODABLE]
    agreed = _decodes([bodies[at] for at in whole], schema_json)
    sound = set(whole if agreed else [at for at in whole if _decodes([bodies[at]], schema_json)])
    yield from (at for at in range(low, high) if at not in sound)


def _decodes(bodies: list[bytes], schema_json: str) -> bool:
    try:
        pyruhvro.deserialize_array(bodies, schema_json).validate(full=True)  # it does not check that text is UTF-8
    except ValueError:
        return False
    return True


def _why(body: bytes, schema_json: str) -> str | None:
    """Why a body is not one record of the schema; None if it is, be it that a number in it is padded."""
    rest = io.BytesIO(body)
    try:
        fastavro.schemaless_reader(rest, _plain(schema_json))
    except (EOFError, IndexError, ValueError):
        return UNDECODABLE
    return TRAILING_BYTES if rest.tell() < len(body) else None


@lru_cache(maxsize=256)
def _plain(schema_json: str) -> Any:
    """The schema without logical types: a time stamp beyond Python's years is no error of the encoding."""

    def plain(kind: Any) -> Any:
        if isinstance(kind, list):
            return [plain(branch) for branch in kind]
        return kind["type"] if isinstance(kind, dict) else kind

    avro = json.loads(schema_json)
    fields = [{"name": f["name"], "type": plain(f["type"])} for f in avro["fields"]]
    return fastavro.parse_schema({"type": "record", "name": avro["name"], "fields": fields})
