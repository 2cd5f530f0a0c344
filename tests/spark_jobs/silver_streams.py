"""Puts rows into silver as cleanse leaves them, whole event dates at a time, and reads computed tables back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from millwright.contracts import Contract, contract
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema

APPENDED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def put(stream: str, rows: Sequence[Mapping[str, Any]], dates: Iterable[dt.date] = ()) -> Silver:
    """Replace the dates of the rows, and `dates`, by these rows; what happened last is dropped."""
    spec = contract(stream)
    silver = Silver.open(spec)
    lineage = {"_partition": 0, "_append_time": APPENDED}
    whole = [{**row, **lineage, "_offset": i, "event_date": row["event_time"].date()} for i, row in enumerate(rows)]
    replaced = {*dates, *(row["event_date"] for row in whole)}
    silver.replace(replaced, pa.Table.from_pylist(whole, schema=silver_schema(spec)), {0: silver.version})
    return silver


def rows_of(spec: Contract) -> list[dict[str, Any]]:
    """All rows of a lake table without the event date, by what makes them unique."""
    table = Silver.find(spec)
    if table is None:
        return []
    rows = table.read(table.files(), silver_schema(spec)).read_all()
    order = [(name, "ascending") for name in spec.unique]
    return list(rows.sort_by(order).drop_columns(["event_date"]).to_pylist())
