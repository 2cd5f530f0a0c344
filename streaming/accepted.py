"""Messages as rows; what is not accepted is left out here, for the sink quarantines it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import Message

from millwright.contracts import Contract
from millwright.registry import Registered
from millwright.validate import rejections
from streaming.sink.decode import decode
from streaming.sink.intake import Run
from streaming.sink.judge import as_newest, headed


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
    records = [(message.key(), message.value(), message.timestamp()[1]) for message in messages]
    keys, values, times = zip(*records, strict=True) if records else ((), (), ())
    run = Run.of(np.arange(len(values)), np.array(times, np.int64), list(keys), list(values))
    by_schema = headed(run).by_schema
    known = schemas.schemas(contract.subject, set(by_schema)) if by_schema else {}
    tables, found_at = [contract.arrow_schema.empty_table()], [np.empty(0, np.int64)]
    for schema_id in known:
        those = by_schema[schema_id]
        found = decode([values[at] for at in those], known[schema_id].avro_json)
        tables.append(pa.Table.from_batches([as_newest(found.rows, contract)]))
        found_at.append(those[found.index])
    rows, places = pa.concat_tables(tables), np.concatenate(found_at)
    if len(known) > 1:
        order = np.argsort(places)
        rows, places = rows.take(pa.array(order)), places[order]
    own_key = pc.equal(pa.array([keys[at] for at in places], pa.binary()), rows[contract.key].cast(pa.binary()))
    reasons = rejections(contract, rows, pa.array(run.append_times[places]), tolerance_seconds)
    good = pc.and_(reasons.is_null(), pc.fill_null(own_key, False).combine_chunks())
    return Accepted(rows.filter(good), pa.array(places).filter(good))
