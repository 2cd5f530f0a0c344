"""Messages as rows; what is not accepted is left out here, for the sink quarantines it with a reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from confluent_kafka import Message

from millwright.contracts import Contract
from millwright.registry import Registered
from streaming.sink.decode import decode
from streaming.sink.intake import Run
from streaming.sink.judge import as_newest, headed, reasons_of


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
        found = decode(run.values.take(pa.array(those)), known[schema_id].avro_json)
        rows, places = as_newest(found.rows, contract), those[found.index]
        good = reasons_of(run, places, rows, contract, tolerance_seconds).is_null()
        tables.append(pa.Table.from_batches([rows.filter(good)]))
        found_at.append(places[good.to_numpy(zero_copy_only=False)])
    table, place = pa.concat_tables(tables), np.concatenate(found_at)
    if len(known) > 1:
        order = np.argsort(place)
        table, place = table.take(pa.array(order)), place[order]
    return Accepted(table, pa.array(place))
