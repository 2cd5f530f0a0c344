"""Reads a query's result piece by piece, without holding it."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import sqlalchemy

from millwright.errors import MillwrightError
from streaming.replay.apply import Piece
from streaming.replay.csv_file import check_columns
from streaming.replay.mapping import Mapping

_PIECE_ROWS = 10_000


def read_sql(url: str, query: str, mapping: Mapping) -> Iterator[Piece]:
    """The mapped columns of a query's result in the database's types, up to 10,000 rows at a time, the first row 1.

    Raises MillwrightError when the database or the query is refused, or the result lacks a column.
    """
    try:
        engine = sqlalchemy.create_engine(url)
    except (sqlalchemy.exc.ArgumentError, ImportError, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".")
        raise MillwrightError(
            f"The database address cannot be used: {said}.", "Write it as SQLAlchemy does: postgresql://user@host/name."
        ) from None
    try:
        with engine.connect().execution_options(stream_results=True, max_row_buffer=_PIECE_ROWS) as connection:
            result = connection.execute(sqlalchemy.text(query))
            if not result.returns_rows:
                raise MillwrightError("The query gives no rows: it is not a select.")
            names = list(result.keys())
            check_columns("The query's result", mapping.columns, names)
            places = {column: names.index(column) for column in mapping.columns}
            number = 1
            for rows in result.partitions(_PIECE_ROWS):
                columns = {column: _array([row[at] for row in rows]) for column, at in places.items()}
                yield Piece(pa.table(columns), pa.array(range(number, number + len(rows)), pa.int64()))
                number += len(rows)
    except sqlalchemy.exc.SQLAlchemyError as error:
        said = str(getattr(error, "orig", None) or error).strip().splitlines()[0].rstrip(".")
        where = engine.url.render_as_string(hide_password=True)
        raise MillwrightError(f"The query on {where} was refused: {said}.") from None
    finally:
        engine.dispose()


def _array(values: list[object]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        # Types that Arrow does not know, or that change from row to row, as SQLite's may.
        return pa.array([None if value is None else str(value) for value in values], pa.string())
