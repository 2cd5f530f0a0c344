"""Reads a Parquet file piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from millwright.errors import MillwrightError
from streaming.replay.apply import Piece
from streaming.replay.csv_file import check_columns
from streaming.replay.mapping import Mapping

_PIECE_ROWS = 50_000


def read_parquet(path: Path, mapping: Mapping) -> Iterator[Piece]:
    """The mapped columns of a Parquet file in their own types, up to 50,000 rows at a time. The first row is row 1.

    Raises MillwrightError for a missing file, one that is not Parquet, or a column that it does not have.
    """
    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (FileNotFoundError, IsADirectoryError):
        raise MillwrightError(f"There is no file {path}.") from None
    except pa.ArrowInvalid:
        raise MillwrightError(f"{path.name} is not a Parquet file.") from None
    with file:
        check_columns(path.name, mapping.columns, file.schema_arrow.names)
        number = 1
        for batch in file.iter_batches(_PIECE_ROWS, columns=mapping.columns):
            numbers = pa.array(range(number, number + batch.num_rows), pa.int64())
            number += batch.num_rows
            yield Piece(pa.Table.from_batches([batch]), numbers)
