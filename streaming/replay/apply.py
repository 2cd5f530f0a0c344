"""Applies a mapping to a piece of a file: rows of the stream, and the values that could not be read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from millwright.contracts import Field
from millwright.errors import MillwrightError
from streaming.replay.mapping import Mapping
from streaming.replay.values import convert

_WANTED = {
    "string": "a text",
    "double": "a number",
    "float": "a number",
    "long": "a whole number",
    "int": "a whole number",
    "boolean": "true or false",
    "timestamp-micros": "a time",
}


@dataclass(frozen=True)
class Piece:
    """Some rows as they stand in the source. `numbers` are the rows' numbers there (int64, one a row)."""

    table: pa.Table
    numbers: pa.Array
    broken: tuple[BadRow, ...] = ()  # rows that are no rows at all, such as one with a column too many


@dataclass(frozen=True)
class BadRow:
    """A row that cannot be sent: where, what stands there, and what was wanted."""

    row: int
    column: str
    value: str
    wanted: str

    def __str__(self) -> str:
        found = "is missing" if self.value == "" else f"is {self.value!r}"
        return f"row {self.row}: {self.column} {found}, where {self.wanted} is wanted"


@dataclass(frozen=True)
class Mapped:
    """Rows of a stream in the contract's schema, and the rows left out."""

    stream: str
    table: pa.Table
    bad: list[BadRow] = field(default_factory=list)


def apply(piece: Piece, mapping: Mapping) -> Mapped:
    """The good rows of a piece as the mapping's stream, and one BadRow for each other row (its first fault)."""
    count = piece.table.num_rows
    if not count:
        return Mapped(mapping.stream, mapping.contract.arrow_schema.empty_table(), list(piece.broken))
    faults: dict[int, BadRow] = {}
    arrays = []
    for of in mapping.contract.fields:
        values, wrong = _values(piece.table, of, mapping)
        arrays.append(values)
        column = _column(of.name, mapping)
        for at in pc.indices_nonzero(wrong).to_pylist():
            row = piece.numbers[at].as_py()
            faults.setdefault(at, BadRow(row, column, _shown(piece.table, column, at), _WANTED[of.avro_type]))
    # Nothing is required before the faulty rows are left out.
    table = pa.table(dict(zip(mapping.contract.arrow_schema.names, arrays, strict=True)))
    if faults:
        keep = pa.array([at not in faults for at in range(count)])
        table = table.filter(keep)
    table = table.cast(mapping.contract.arrow_schema)
    bad = sorted([*faults.values(), *piece.broken], key=lambda b: b.row)
    return Mapped(mapping.stream, table, bad)


def refuse(bad: BadRow, name: str) -> MillwrightError:
    """What to say when a bad row ends the work."""
    return MillwrightError(
        f"{name}, {bad}.", "Mend the file or the mapping, or leave such rows out with --skip-bad-rows."
    )


def _values(table: pa.Table, of: Field, mapping: Mapping) -> tuple[pa.Array, pa.Array]:
    source = mapping.fields.get(of.name)
    count = table.num_rows
    if source is None:
        default = next(f for f in mapping.contract.avro["fields"] if f["name"] == of.name).get("default")
        return pa.array([default] * count, of.arrow_type), pa.array([False] * count)
    if source.column is None:
        raw = pa.array([_text(source.constant)] * count, pa.string())
        mapping = mapping.model_copy(update={"decimal": ".", "missing": ()})  # YAML's notation, not the file's
    else:
        found = table.column(source.column).combine_chunks()
        raw = found if isinstance(found, pa.Array) else pa.concat_arrays(found.chunks)
    values, wrong = convert(raw, of, source, mapping)
    return values, wrong if of.nullable else pc.is_null(values)


def _text(constant: Any) -> str:
    return str(constant).lower() if isinstance(constant, bool) else str(constant)


def _column(name: str, mapping: Mapping) -> str:
    source = mapping.fields.get(name)
    return source.column if source and source.column is not None else name


def _shown(table: pa.Table, column: str, at: int) -> str:
    if column not in table.column_names:
        return ""
    value = table.column(column)[at].as_py()
    return "" if value is None else str(value)[:80]
