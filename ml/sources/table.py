"""Reads tables of the warehouse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pandas as pd
import pyarrow as pa

from ml.sources.missing import Missing
from ml.spec.source import Source


@contextmanager
def snapshot() -> Iterator[Callable[[], Any]]:
    """Gives a cursor when first asked for one; all that it reads is of one moment."""
    opened: list[Any] = []

    def cursor() -> Any:
        if not opened:
            from millwright.warehouse import adbc, translated

            connection = adbc()
            opened.append(connection)
            with translated():
                opened.append(connection.cursor())
                opened[1].execute("set transaction isolation level repeatable read, read only")
        return opened[1]

    try:
        yield cursor
    finally:
        for each in reversed(opened):
            each.close()


def read(cursor: Any, source: Source, newest: tuple[str, float] | None = None) -> pd.DataFrame:
    """A table whole, or the rows of its newest hours by a column of time. Raises Missing when it is not there."""
    from millwright.warehouse import translated

    schema, name = str(source.table).split(".")
    with translated():
        kinds = _frame(
            cursor,
            "select column_name, data_type from information_schema.columns"
            f" where table_schema = '{schema}' and table_name = '{name}' order by ordinal_position",
        )
        if kinds.empty:
            raise Missing(
                f"The warehouse has no table {source.table}.", "Build the marts first: `make demo`, or `dbt build`."
            )
        names = ", ".join(
            f'"{column}"::double precision as "{column}"' if kind == "numeric" else f'"{column}"'
            for column, kind in kinds.itertuples(index=False)
        )
        recent, inverse = "", {new: old for old, new in source.rename.items()}
        if newest is not None and (column := inverse.get(newest[0], newest[0])) in set(kinds["column_name"]):
            recent = (
                f' where "{column}" > (select max("{column}") from {source.table}) - interval \'{newest[1]:.6f} hours\''
            )
        return _frame(cursor, f"select {names} from {source.table}{recent}")


def _frame(cursor: Any, query: str) -> pd.DataFrame:
    cursor.execute(query)
    found: pa.Table = cursor.fetch_arrow_table()
    frame: pd.DataFrame = found.to_pandas()
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return frame
