"""The judgement on each consumed record: accepted, in the newest schema's bytes, or rejected with a reason."""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from millwright.bronze import Records
from millwright.contracts import Contract
from millwright.registry import Registered
from millwright.validate import rejections
from millwright.wire import HEADER_BYTES, MAGIC
from streaming.sink.buffer import Buffer
from streaming.sink.decode import decode

EMPTY, NOT_WIRE, UNKNOWN_SCHEMA, WRONG_KEY = "empty", "not_avro_wire_format", "unknown_schema", "wrong_key"


@dataclass(frozen=True)
class Judged:
    """What becomes of a buffer's records: `rejected` is buffer index → reason; all others are in `accepted`."""

    accepted: Records
    rejected: dict[int, str]


def schema_ids(buffer: Buffer) -> set[int]:
    """The ids of the schemas that records of a buffer name."""
    return set(_by_schema(buffer.values, {}))


def judge(
    buffer: Buffer, contract: Contract, newest_id: int, known: Mapping[int, Registered], tolerance_seconds: float
) -> Judged:
    """Judge a buffer by a contract, whose schema has the id `newest_id`; `known` are the stream's schemas by id.

    A record is judged by itself, its append time and the contract: a replay judges alike. One whose key is not its
    key field is rejected (`wrong_key`): it would lie in another partition than its machine's others, and their order
    would be lost.
    """
    rejected: dict[int, str] = {}
    by_schema = _by_schema(buffer.values, rejected)
    indices: list[pa.Array] = []
    bodies: list[pa.Array] = []
    for schema_id, index in by_schema.items():
        if schema_id not in known:
            rejected.update(dict.fromkeys(index, UNKNOWN_SCHEMA))
            continue
        found = decode([buffer.values[i][HEADER_BYTES:] for i in index], known[schema_id].avro_json)  # type: ignore[index]
        rejected.update({index[at]: reason for at, reason in found.wrong.items()})
        if not found.index:
            continue
        rows = as_newest(found.rows, contract)
        positions = [index[at] for at in found.index]
        reasons = _reasons(buffer, positions, rows, contract, tolerance_seconds)
        rejected.update(
            {positions[at]: reasons[at].as_py() for at in pc.indices_nonzero(reasons.is_valid()).to_pylist()}
        )
        good = reasons.is_null()
        own = found.bodies.combine_chunks() if schema_id == newest_id else _encoded(rows, contract)
        indices.append(pa.array(positions, pa.int64()).filter(good))
        bodies.append(own.filter(good))
    return Judged(_in_order(buffer, indices, bodies), rejected)


def _by_schema(values: list[bytes | None], rejected: dict[int, str]) -> dict[int, list[int]]:
    """Indices by the schema id that the record names; marks those that name none."""
    by_header: defaultdict[bytes, list[int]] = defaultdict(list)
    for index, value in enumerate(values):
        by_header[value[:HEADER_BYTES] if value else b""].append(index)
    found: dict[int, list[int]] = {}
    for header, indices in by_header.items():
        if not header:
            rejected.update(dict.fromkeys(indices, EMPTY))
        elif len(header) < HEADER_BYTES or header[:1] != MAGIC:
            rejected.update(dict.fromkeys(indices, NOT_WIRE))
        else:
            found[struct.unpack(">xI", header)[0]] = indices
    return found


def as_newest(rows: pa.Table, contract: Contract) -> pa.Table:
    """Rows of another schema in the contract's columns: what it lacks is dropped, what it adds gets the default."""
    defaults: dict[str, Any] = {f["name"]: f.get("default") for f in contract.avro["fields"]}
    columns = []
    for field in contract.fields:
        if field.name in rows.column_names:
            columns.append(rows[field.name].cast(field.arrow_type))
        else:
            columns.append(pa.repeat(pa.scalar(defaults[field.name], field.arrow_type), len(rows)))
    return pa.Table.from_arrays(columns, schema=contract.arrow_schema)


def _reasons(buffer: Buffer, positions: list[int], rows: pa.Table, contract: Contract, tolerance: float) -> pa.Array:
    append_ms = pa.array([buffer.append_times[i] for i in positions], pa.int64())
    reasons = rejections(contract, rows, append_ms, tolerance)
    keys = pa.array([buffer.keys[i] for i in positions], pa.binary())
    own = rows[contract.key].combine_chunks().cast(pa.binary())
    wrong = pc.and_(reasons.is_null(), pc.invert(pc.fill_null(pc.equal(keys, own), False)))
    return pc.if_else(wrong, pa.scalar(WRONG_KEY), reasons)


def _encoded(rows: pa.Table, contract: Contract) -> pa.Array:
    [batch] = rows.combine_chunks().to_batches()
    [bodies] = pyruhvro.serialize_record_batch(batch, contract.avro_json, 1)
    return bodies


def _in_order(buffer: Buffer, indices: list[pa.Array], bodies: list[pa.Array]) -> Records:
    index = pa.concat_arrays(indices) if indices else pa.array([], pa.int64())
    encoded = pa.concat_arrays(bodies) if bodies else pa.array([], pa.binary())
    if len(indices) > 1:
        order = pc.sort_indices(index)
        index, encoded = index.take(order), encoded.take(order)
    offsets = pa.array(buffer.offsets, pa.int64()).take(index)
    return Records(offsets, pa.array(buffer.append_times, pa.int64()).take(index), encoded)
