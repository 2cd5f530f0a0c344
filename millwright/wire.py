"""Confluent's wire format: a zero byte, the schema's id in four bytes, the record in Avro."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from millwright.contracts import Contract, Field
from millwright.errors import MillwrightError

MAGIC = b"\x00"
HEADER_BYTES = 5
_BATCH_ROWS = 10_000


def header(schema_id: int) -> bytes:
    """The five bytes before a record that was written with this schema."""
    return MAGIC + struct.pack(">I", schema_id)


def encode(
    contract: Contract, rows: list[dict[str, Any]] | pa.Table | pa.RecordBatch, prefix: bytes = b""
) -> Iterator[list[tuple[bytes, bytes]]]:
    """Keys and Avro records, each behind `prefix`, in lists of up to 10,000 and in the order of `rows`.

    Raises MillwrightError naming the field that is missing, unknown or of another type.
    """
    table = as_table(contract, rows)
    for start in range(0, len(table), _BATCH_ROWS):
        # Copied: pyruhvro is given whole arrays, never a view with an offset.
        chunk = table.slice(start, _BATCH_ROWS).take(pa.array(range(min(_BATCH_ROWS, len(table) - start))))
        [batch] = chunk.combine_chunks().to_batches()
        keys = batch.column(contract.key).cast(pa.binary()).to_pylist()
        [records] = pyruhvro.serialize_record_batch(batch, contract.avro_json, 1)
        whole = pc.binary_join_element_wise(pa.scalar(prefix, pa.binary()), records, b"") if prefix else records
        yield list(zip(keys, whole.to_pylist(), strict=True))


def as_table(contract: Contract, rows: list[dict[str, Any]] | pa.Table | pa.RecordBatch) -> pa.Table:
    """The rows in the contract's columns and types; an optional field that is not given is null.

    Raises MillwrightError naming the field that is missing, unknown or of another type.
    """
    if isinstance(rows, pa.RecordBatch):
        rows = pa.Table.from_batches([rows])
    names = set(rows.column_names) if isinstance(rows, pa.Table) else {name for row in rows for name in row}
    if unknown := sorted(names - {field.name for field in contract.fields}):
        raise MillwrightError(
            f"{contract.stream} has no field {unknown[0]!r}; it has {', '.join(f.name for f in contract.fields)}."
        )
    columns = [_column(contract, field, rows) for field in contract.fields]
    return pa.Table.from_arrays(columns, schema=contract.arrow_schema)


def _column(contract: Contract, field: Field, rows: list[dict[str, Any]] | pa.Table) -> pa.Array | pa.ChunkedArray:
    try:
        if not isinstance(rows, pa.Table):
            column = pa.array([row.get(field.name) for row in rows], field.arrow_type)
        elif field.name in rows.column_names:
            column = rows[field.name].cast(field.arrow_type)
        else:
            column = pa.nulls(len(rows), field.arrow_type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        raise MillwrightError(
            f"{contract.stream}: the field {field.name!r} has to be a {field.avro_type}: {error}."
        ) from None
    if column.null_count and not field.nullable:
        first = column.is_null().to_pylist().index(True)
        raise MillwrightError(f"{contract.stream}: the required field {field.name!r} is missing in row {first + 1}.")
    return column
