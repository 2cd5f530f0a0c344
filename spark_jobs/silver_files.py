"""The Parquet files of silver tables: their columns, how rows are read from them, and how they are written."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from deltalake import DeltaTable
from deltalake.fs import DeltaStorageHandler
from pyarrow.fs import LocalFileSystem, PyFileSystem, SubTreeFileSystem

from millwright.contracts import TIMESTAMP, Contract
from spark_jobs import delta_log
from spark_jobs.delta import options
from spark_jobs.parts import Part, part_path, pieces

EVENT_DATE = "event_date"
LINEAGE = pa.schema([("_partition", pa.int32()), ("_offset", pa.int64()), ("_append_time", TIMESTAMP)])


def silver_schema(contract: Contract) -> pa.Schema:
    """Columns of a silver table: the contract's fields, outliers, lineage, event date. All nullable: Delta's fields
    that are not cannot be added to an existing table."""
    fields = [pa.field(f.name, f.arrow_type) for f in contract.fields]
    if contract.channels:
        fields.append(pa.field("outlier_channels", pa.string()))
    lineage = () if contract.computed else LINEAGE
    return pa.schema([*fields, *lineage, pa.field(EVENT_DATE, pa.date32())])


def between(contract: Contract, first: int, last: int) -> pc.Expression:
    """Rows with an event time from `first` to `last` (µs since 1970), both included."""
    at = pc.field(contract.event_time)
    return (at >= pa.scalar(first, TIMESTAMP)) & (at <= pa.scalar(last, TIMESTAMP))


def scanner(
    contract: Contract, table: DeltaTable, parts: Collection[Part], columns: pa.Schema, wanted: pc.Expression
) -> ds.Scanner | None:
    """Reads rows of some parts of a table; None when there is no part."""
    if not parts:
        return None
    stored = pa.schema([field for field in silver_schema(contract) if field.name != EVENT_DATE])
    found = ds.dataset(
        [part.path for part in parts], schema=stored, format="parquet", filesystem=_filesystem(table, parts)
    )
    chosen = {name: pc.field(name) for name in columns.names}
    if EVENT_DATE in chosen:
        chosen[EVENT_DATE] = pc.field(contract.event_time).cast(pa.date32())
    return found.scanner(columns=chosen, filter=wanted)


def write(contract: Contract, rows: pa.Table, kept: Sequence[Part]) -> list[dict[str, Any]]:
    """Write rows as parts that overlap none of those that are kept; returns Delta's add actions."""
    at = contract.event_time
    rows = rows.take(pc.sort_indices(rows[at]))
    times = rows[at].cast(pa.int64()).to_numpy()
    added = []
    for piece in pieces(times, kept):
        first, last = int(times[piece.start]), int(times[piece.stop - 1])
        part = rows.slice(piece.start, piece.stop - piece.start)
        path = part_path(f"{EVENT_DATE}={part[EVENT_DATE][0]}", first, last)
        key = pc.min_max(part[contract.key])
        limits = {at: (_text(first), _text(last)), contract.key: (key["min"].as_py(), key["max"].as_py())}
        ordered = part.sort_by([(contract.key, "ascending"), (at, "ascending")])
        added.append(delta_log.write_part(contract.table, path, ordered, EVENT_DATE, limits))
    return added


def _filesystem(table: DeltaTable, parts: Collection[Part]) -> Any:
    if not table.table_uri.startswith("file://") and "://" in table.table_uri:
        # Told their sizes, it does not ask for them file by file.
        sizes = {part.path: part.size for part in parts}
        return PyFileSystem(DeltaStorageHandler.from_table(table._table, options(), sizes))
    return SubTreeFileSystem(table.table_uri.removeprefix("file://"), LocalFileSystem())


def _text(micros: int) -> str:
    """A time as Delta writes it in its statistics."""
    return f"{np.datetime_as_string(np.datetime64(micros, 'us'))}Z"
