"""Reads a CSV file piece by piece, every value as the text that stands there."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from millwright.errors import MillwrightError
from streaming.replay.apply import BadRow, Piece
from streaming.replay.mapping import Mapping

_BLOCK_BYTES = 4 << 20


def read_csv(path: Path, mapping: Mapping, columns: list[str] | None = None) -> Iterator[Piece]:
    """The mapped columns (or `columns`) of a CSV file with a header, as texts, 4 MB at a time; the header is row 1.

    Raises MillwrightError for a missing file, an unreadable one, or a column that the header does not have.
    """
    columns = columns or mapping.columns
    check_columns(path.name, columns, header(path, mapping))
    broken: list[Any] = []

    def note(row: Any) -> str:
        broken.append(row)
        return "skip"

    number = 2
    try:
        reader = pyarrow.csv.open_csv(
            path,
            read_options=pyarrow.csv.ReadOptions(use_threads=False, block_size=_BLOCK_BYTES, encoding=mapping.encoding),
            # Empty lines are kept here, for the numbers of the rows after them.
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=mapping.separator, newlines_in_values=True, ignore_empty_lines=False, invalid_row_handler=note
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string())
            ),
        )
        for batch in reader:
            numbers = _numbers(number, batch.num_rows, [row.number for row in broken])
            number = int(numbers[-1]) + 1 if len(numbers) else number
            reached = [row for row in broken if row.number < number]
            broken = [row for row in broken if row.number >= number]
            yield _without_blank_rows(pa.Table.from_batches([batch]), numbers, reached)
    except pa.ArrowInvalid as error:
        raise MillwrightError(f"{path.name} cannot be read: {_first_line(error)}.") from None
    if broken:
        nothing = pa.table({name: pa.array([], pa.string()) for name in columns})
        yield Piece(nothing, pa.array([], pa.int64()), tuple(map(_broken, broken)))


def header(path: Path, mapping: Mapping) -> list[str]:
    """The names in a CSV file's first row. Raises MillwrightError when there is no such file or no such row."""
    try:
        codecs.lookup(mapping.encoding)
        encoding = "utf-8-sig" if mapping.encoding.lower() in ("utf-8", "utf8") else mapping.encoding
        with path.open(encoding=encoding, newline="") as file:
            names = next(csv.reader(file, delimiter=mapping.separator), None)
    except (FileNotFoundError, IsADirectoryError):
        raise MillwrightError(f"There is no file {path}.") from None
    except LookupError:
        raise MillwrightError(
            f"There is no encoding {mapping.encoding!r}.", "Common ones are utf-8 and latin-1."
        ) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise MillwrightError(
            f"{path.name} is not {mapping.encoding} text: {error}.", "Set `encoding` in the mapping."
        ) from None
    if not names:
        raise MillwrightError(f"{path.name} is empty: not even a row of column names is in it.")
    return names


def check_columns(name: str, wanted: list[str], found: list[str]) -> None:
    """Raises MillwrightError naming the first wanted column that is not there, or is there twice."""
    for column in wanted:
        if found.count(column) != 1:
            times = "twice" if found.count(column) else "no"
            what = f"has the column {column!r} twice" if times == "twice" else f"has no column {column!r}"
            raise MillwrightError(f"{name} {what}; it has {', '.join(found)}.", "Check the mapping and its separator.")


def _numbers(first: int, count: int, skipped: list[int]) -> Any:
    candidates = np.arange(first, first + count + len(skipped), dtype=np.int64)
    return candidates[~np.isin(candidates, skipped)][:count]


def _without_blank_rows(table: pa.Table, numbers: Any, broken: list[Any]) -> Piece:
    # An empty line holds nothing that could be sent or lost.
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        filled |= pc.not_equal(column, "").to_numpy()
    return Piece(table.filter(pa.array(filled)), pa.array(numbers[filled], pa.int64()), tuple(map(_broken, broken)))


def _broken(row: Any) -> BadRow:
    return BadRow(row.number, "the row", row.text[:80], f"{row.expected_columns} columns and not {row.actual_columns}")


def _first_line(error: pa.ArrowInvalid) -> str:
    return str(error).splitlines()[0].rstrip(".")
