"""Decoding: Avro bodies to Arrow, and what is wrong with those that are none."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

UNDECODABLE, TRAILING_BYTES = "undecodable", "trailing_bytes"

_CHUNK = 10_000


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
    again: list[pa.Array] = []
    wrong: dict[int, str] = {}

    def attempt(low: int, high: int) -> None:
        """One broken record fails its whole batch, so a batch that fails is halved until the record stands alone."""
        chunk = bodies[low:high]
        try:
            batch = pyruhvro.deserialize_array(chunk, schema_json)
            batch.validate(full=True)  # strings are not checked for UTF-8 before
        except ValueError:
            if high - low == 1:
                wrong[low] = UNDECODABLE
                return
            middle = (low + high) // 2
            attempt(low, middle)
            attempt(middle, high)
            return
        [canonical] = pyruhvro.serialize_record_batch(batch, schema_json, 1)
        different = pc.not_equal(canonical, pa.array(chunk, pa.binary()))
        reasons = {at: _why(chunk[at], schema_json) for at in pc.indices_nonzero(different).to_pylist()}
        if bad := {at: reason for at, reason in reasons.items() if reason}:
            wrong.update({low + at: reason for at, reason in bad.items()})
            kept = pa.array([at for at in range(len(chunk)) if at not in bad], pa.int64())
            batch, canonical = batch.take(kept), canonical.take(kept)
            index.extend(low + at for at in kept.to_pylist())
        else:
            index.extend(range(low, high))
        batches.append(batch)
        again.append(canonical)

    for low in range(0, len(bodies), _CHUNK):
        attempt(low, min(low + _CHUNK, len(bodies)))
    schema = pyruhvro.avro_to_arrow_schema(schema_json)
    return Decoded(index, pa.Table.from_batches(batches, schema), pa.chunked_array(again, pa.binary()), wrong)


def _why(body: bytes, schema_json: str) -> str | None:
    """Why a body that can be decoded is not what its values would be written as; None if only a number is padded."""
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
