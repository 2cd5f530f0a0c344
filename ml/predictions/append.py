"""Appends what a model said to its table in schema `ml`; said again of the same data, it is there already."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from millwright.warehouse import session
from ml.predictions.shapes import JSON, SHAPES

if TYPE_CHECKING:
    import pandas as pd

_PAGE = 5000  # rows of one statement


def append(task: str, rows: pd.DataFrame, model: str, version: int, watermark: pd.Timestamp) -> int:
    """Insert the rows of `Task.predict` that are not there yet, in one transaction; how many those were.

    Raises ValueError when a column that the table needs is missing, Unavailable without a warehouse.
    """
    from psycopg2.extras import execute_values

    shape = SHAPES[task]
    columns = [column for column in shape.columns if column in rows]
    if missing := [column for column in shape.needed if column not in columns]:
        raise ValueError(f"a prediction of the task {task} has no {', '.join(missing)}; {shape.table} needs it")
    head = (model, version, watermark.to_pydatetime())
    statement = (
        f"insert into {shape.table} (model_name, model_version, data_watermark, {', '.join(columns)})"
        f" values %s on conflict do nothing returning {shape.id}"
    )
    with session() as connection, connection.cursor() as cursor:
        return len(execute_values(cursor, statement, list(_values(rows, columns, head)), page_size=_PAGE, fetch=True))


def _values(rows: pd.DataFrame, columns: list[str], head: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    parts = [[plain(value, column in JSON) for value in rows[column].tolist()] for column in columns]
    return ((*head, *row) for row in zip(*parts, strict=True))


def plain(value: Any, as_json: bool = False) -> Any:
    """A cell as Postgres takes it: NaN and NaT are null, numpy's scalars Python's own."""
    import pandas as pd

    if as_json:
        return None if value is None or value is pd.NA else json.dumps(value, allow_nan=False, default=plain)
    if value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.to_pydatetime()
    return value.item() if isinstance(value, np.generic) else value
