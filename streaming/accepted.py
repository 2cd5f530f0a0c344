"""Messages as rows; what is not accepted is left out here, for the sink quarantines it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message

from millwright.contracts import Contract
from millwright.registry import Registered
from millwright.validate import rejections
from millwright.wire import HEADER_BYTES, MAGIC
from streaming.sink.decode import decode as decode_bodies
from streaming.sink.judge import as_newest


class Schemas(Protocol):
    """Where a subject's schemas by id are."""

    def schemas(self, subject: str, ids: set[int]) -> dict[int, Registered]: ...


@dataclass(frozen=True)
class Accepted:
    """Rows in the contract's columns and the messages' order; `places` says which of the messages each row was."""

    rows: pa.Table
    places: pa.Int64Array


def accepted(contract: Contract, messages: list[Message], schemas: Schemas, tolerance_seconds: float) -> Accepted:
    """The rows that the sink accepts too. Raises Unavailable when the registry does not answer."""
    by_schema: dict[int, list[int]] = {}
    values = [message.value() or b"" for message in messages]
    for at, value in enumerate(values):
        if len(value) > HEADER_BYTES and value[:1] == MAGIC:
            by_schema.setdefault(int.from_bytes(value[1:HEADER_BYTES], "big"), []).append(at)
    known = schemas.schemas(contract.subject, set(by_schema)) if by_schema else {}
    tables, found_at = [contract.arrow_schema.empty_table()], list[int]()
    for schema_id in known:
        those = by_schema[schema_id]
        found = decode_bodies([values[at][HEADER_BYTES:] for at in those], known[schema_id].avro_json)
        tables.append(as_newest(found.rows, contract))
        found_at += [those[at] for at in found.index]
    rows, places = pa.concat_tables(tables), pa.array(found_at, pa.int64())
    if len(known) > 1:
        order = pc.sort_indices(places)
        rows, places = rows.take(order), places.take(order)
    append_ms = pa.array([messages[at].timestamp()[1] for at in places.to_pylist()], pa.int64())
    keys = pa.array([messages[at].key() for at in places.to_pylist()], pa.binary())
    own_key = pc.fill_null(pc.equal(keys, rows[contract.key].cast(pa.binary())), False)
    good = pc.and_(rejections(contract, rows, append_ms, tolerance_seconds).is_null(), own_key)
    return Accepted(rows.filter(good), places.filter(good.combine_chunks()))
