"""Records from a topic as rows; what is not accepted is left out here, for the sink quarantines it with a reason."""

from __future__ import annotations

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


def decode(contract: Contract, messages: list[Message], schemas: Schemas, tolerance_seconds: float) -> pa.Table:
    """The rows that the sink accepts too, in the contract's columns and in the messages' order.

    Raises Unavailable when the registry does not answer.
    """
    by_schema: dict[int, list[int]] = {}
    values = [message.value() or b"" for message in messages]
    for at, value in enumerate(values):
        if len(value) > HEADER_BYTES and value[:1] == MAGIC:
            by_schema.setdefault(int.from_bytes(value[1:HEADER_BYTES], "big"), []).append(at)
    known = schemas.schemas(contract.subject, set(by_schema)) if by_schema else {}
    tables, places = [contract.arrow_schema.empty_table()], []
    for schema_id in known:
        those = by_schema[schema_id]
        found = decode_bodies([values[at][HEADER_BYTES:] for at in those], known[schema_id].avro_json)
        tables.append(as_newest(found.rows, contract))
        places += [those[at] for at in found.index]
    rows = pa.concat_tables(tables)
    if len(known) > 1:
        order = sorted(range(len(places)), key=places.__getitem__)
        rows, places = rows.take(pa.array(order, pa.int64())), [places[at] for at in order]
    taken = pa.array([messages[at].timestamp()[1] for at in places], pa.int64())
    keys = pa.array([messages[at].key() for at in places], pa.binary())
    own_key = pc.fill_null(pc.equal(keys, rows[contract.key].cast(pa.binary())), False)
    good = pc.and_(rejections(contract, rows, taken, tolerance_seconds).is_null(), own_key)
    return rows.filter(good)
