"""The judgement on each consumed record: accepted, in the newest schema's bytes, or rejected with a reason."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from millwright.bronze import Records
from millwright.contracts import Contract
from millwright.registry import Registered
from millwright.validate import rejections
from millwright.wire import HEADER_BYTES, MAGIC
from streaming.sink.decode import decode
from streaming.sink.intake import Ints, Run

EMPTY, NOT_WIRE, UNKNOWN_SCHEMA, WRONG_KEY = "empty", "not_avro_wire_format", "unknown_schema", "wrong_key"
_TO_THE_END = 2**31 - 1


@dataclass(frozen=True)
class Headed:
    """Values by the schema that their headers name (id → indices, in order), and those that name none, with reasons."""

    by_schema: dict[int, Ints]
    rejected: dict[int, str]


@dataclass(frozen=True)
class Judged:
    """What becomes of a run's records: `rejected` is index → reason; all others are in `accepted`."""

    accepted: Records
    rejected: dict[int, str]


def headed(run: Run) -> Headed:
    """Look at the wire format's headers."""
    usual = _usual_header(run)
    matching = pc.fill_null(pc.starts_with(run.values, usual), False).to_numpy(zero_copy_only=False)
    groups = {usual: np.flatnonzero(matching)} if usual else {}
    if not usual or not matching.all():
        others = np.flatnonzero(~matching) if usual else np.arange(len(run))
        groups |= {header: others[part] for header, part in _grouped(run.values.take(pa.array(others))).items()}
    found, rejected = dict[int, Ints](), dict[int, str]()
    for header, index in groups.items():
        if not header:
            rejected.update(dict.fromkeys(index.tolist(), EMPTY))
        elif len(header) < HEADER_BYTES or header[:1] != MAGIC:
            rejected.update(dict.fromkeys(index.tolist(), NOT_WIRE))
        else:
            found[struct.unpack(">xI", header)[0]] = index
    return Headed(found, rejected)


def _usual_header(run: Run) -> bytes:
    """The first five bytes that most of a few values have; none where most have fewer."""
    some = run.values.take(pa.array(np.arange(0, len(run), max(1, len(run) // 16))))
    sample = [value[:HEADER_BYTES] for value in some.to_pylist() if value]
    usual = max(set(sample), key=sample.count, default=b"")
    return usual if len(usual) == HEADER_BYTES else b""


def _grouped(packed: pa.BinaryArray) -> dict[bytes, Ints]:
    """Indices by the first five bytes; a null has none."""
    coded = pc.binary_slice(pc.fill_null(packed, b""), 0, HEADER_BYTES).dictionary_encode()
    codes = coded.indices.to_numpy()
    order = np.argsort(codes, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(codes[order])) + 1) if len(order) else []
    headers = coded.dictionary.to_pylist()
    return {headers[codes[part[0]]]: part for part in parts}


def judge(
    run: Run,
    heads: Headed,
    contract: Contract,
    newest_id: int,
    known: Mapping[int, Registered],
    tolerance_seconds: float,
) -> Judged:
    """Judge a run by a contract, whose schema has the id `newest_id`; `known` are the stream's schemas by id.

    A record is judged by itself, its append time and the contract: a replay judges alike. One whose key is not its
    key field is rejected (`wrong_key`): it would lie in another partition than its machine's others, and their order
    would be lost.
    """
    rejected = dict(heads.rejected)
    indices: list[Ints] = []
    bodies: list[pa.Array] = []
    for schema_id, index in heads.by_schema.items():
        if schema_id not in known:
            rejected.update(dict.fromkeys(index.tolist(), UNKNOWN_SCHEMA))
            continue
        whole = len(index) == len(run)
        chosen = _mask(index, len(run))
        packed = run.values if whole else run.values.filter(pa.array(chosen))
        found = decode(packed, known[schema_id].avro_json)
        rejected.update({int(index[at]): reason for at, reason in found.wrong.items()})
        rows = as_newest(found.rows, contract)
        positions = index if len(found.index) == len(index) else index[found.index]
        reasons = reasons_of(run, positions, rows, contract, tolerance_seconds)
        if schema_id == newest_id:
            kept = packed if len(positions) == len(packed) else packed.filter(pa.array(_mask(found.index, len(packed))))
            own = pc.binary_slice(kept, HEADER_BYTES, _TO_THE_END)
        else:
            own = _encoded(rows, contract)
        if reasons.null_count < len(reasons):
            wrong = pc.indices_nonzero(reasons.is_valid()).to_pylist()
            rejected.update({int(positions[at]): reasons[at].as_py() for at in wrong})
            good = reasons.is_null()
            positions, own = positions[good.to_numpy(zero_copy_only=False)], own.filter(good)
        indices.append(positions)
        bodies.append(own)
    return Judged(_in_order(run, indices, bodies), rejected)


def as_newest(rows: pa.RecordBatch, contract: Contract) -> pa.RecordBatch:
    """Rows of another schema in the contract's columns: what it lacks is dropped, what it adds gets the default."""
    if rows.schema.equals(contract.arrow_schema):
        return rows
    defaults: dict[str, Any] = {f["name"]: f.get("default") for f in contract.avro["fields"]}
    columns = []
    for field in contract.fields:
        if field.name in rows.schema.names:
            columns.append(rows.column(field.name).cast(field.arrow_type))
        else:
            columns.append(pa.repeat(pa.scalar(defaults[field.name], field.arrow_type), len(rows)))
    return pa.RecordBatch.from_arrays(columns, schema=contract.arrow_schema)


def reasons_of(run: Run, positions: Ints, rows: pa.RecordBatch, contract: Contract, tolerance: float) -> pa.Array:
    """Why each row is rejected, null where it is accepted. `positions`: the place in the run of each, in order."""
    whole = len(positions) == len(run)
    append_ms = pa.array(run.append_times if whole else run.append_times[positions])
    keys = run.keys if whole else run.keys.filter(pa.array(_mask(positions, len(run))))
    reasons = rejections(contract, rows, append_ms, tolerance)
    own = rows.column(contract.key).cast(pa.binary())
    other = pc.invert(pc.fill_null(pc.equal(keys, own), False))
    if not pc.any(other).as_py():
        return reasons
    return pc.if_else(pc.and_(reasons.is_null(), other), pa.scalar(WRONG_KEY), reasons)


def _mask(index: Ints, count: int) -> npt.NDArray[np.bool_]:
    mask = np.zeros(count, np.bool_)
    mask[index] = True
    return mask


def _encoded(rows: pa.RecordBatch, contract: Contract) -> pa.Array:
    [bodies] = pyruhvro.serialize_record_batch(rows, contract.avro_json, 1)
    return bodies


def _in_order(run: Run, indices: list[Ints], bodies: list[pa.Array]) -> Records:
    if len(indices) == 1:
        [index], [encoded] = indices, bodies
    else:
        index = np.concatenate(indices) if indices else np.empty(0, np.int64)
        order = np.argsort(index)
        index = index[order]
        encoded = (pa.concat_arrays(bodies) if bodies else pa.array([], pa.binary())).take(pa.array(order))
    if len(index) == len(run):
        return Records(pa.array(run.offsets), pa.array(run.append_times), encoded)
    return Records(pa.array(run.offsets[index]), pa.array(run.append_times[index]), encoded)
