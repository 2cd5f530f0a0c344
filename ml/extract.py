"""Reads a plant's history from the warehouse."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pyarrow as pa

from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.warehouse import adbc, translated
from ml.history import EVENT_KINDS, STATISTICS, History
from ml.spec import Spec


class NotBuilt(MillwrightError):
    """The marts have not been built yet."""


def extract(spec: Spec, last_hours: int | None = None) -> History:
    """A spec's history in one consistent snapshot; with `last_hours`, readings of the plant's newest hours only.

    Events and machines always come whole: "hours since" may reach far back. Raises NotBuilt when a table is missing,
    MillwrightError when a channel is, Unavailable without a warehouse.
    """
    connection = adbc()
    try:
        with translated(), connection.cursor() as cursor:
            cursor.execute("set transaction isolation level repeatable read, read only")
            return _extract(cursor, spec, last_hours)
    finally:
        connection.close()


def _extract(cursor: Any, spec: Spec, last_hours: int | None) -> History:
    there = {table: _columns(cursor, table) for table in dict(spec.source).values()}
    source = spec.source
    statistics = [
        f"{channel}_{statistic}" for channel in channels(spec, there[source.readings]) for statistic in STATISTICS
    ]
    recent = ""
    if last_hours is not None:
        recent = f" where hour > (select max({spec.time}) from {source.readings}) - interval '{int(last_hours)} hours'"
    readings = _frame(
        cursor,
        f"select {spec.entity} as equipment_id, hour, {spec.time} as time, {', '.join(statistics)}"
        f" from {source.readings}{recent} order by 1, 2",
    )
    events = _frame(
        cursor,
        f"select {spec.entity} as equipment_id, event_time, kind, code, component from {source.events}"
        f" where kind in ({', '.join(repr(kind) for kind in EVENT_KINDS)})"
        f" and {spec.entity} in (select {spec.entity} from {source.readings}) order by 1, 2, 3, 4, 5",
    )
    equipment = _frame(
        cursor,
        f"select {', '.join([f'{spec.entity} as equipment_id', 'valid_from', 'commissioned_at', *spec.categories])}"
        f" from {source.equipment} order by 1, 2",
    )
    newest = _frame(cursor, f"select max(event_time) as newest from {source.events}")["newest"].iloc[0]
    return History(readings, events, equipment, None if pd.isna(newest) else newest)


def channels(spec: Spec, columns: set[str]) -> list[str]:
    """The spec's channels: `all` are those of the contract that the readings' table has columns for.

    Raises MillwrightError when a channel that the spec names is not there.
    """
    known = [field.name for field in contract("equipment-sensors").channels]
    if spec.channels == "all":
        return [channel for channel in known if f"{channel}_mean" in columns]
    missing = [channel for channel in spec.channels if f"{channel}_mean" not in columns]
    if missing:
        raise MillwrightError(
            f"channels = {missing[0]!r}: {spec.source.readings} has no such channel.",
            f"There are {', '.join(known)}.",
        )
    return list(spec.channels)


def _columns(cursor: Any, table: str) -> set[str]:
    schema, name = table.split(".")
    query = (
        f"select column_name from information_schema.columns where table_schema = '{schema}' and table_name = '{name}'"
    )
    found = set(_frame(cursor, query)["column_name"])
    if not found:
        raise NotBuilt(f"The warehouse has no table {table}.", "Build the marts first: `make demo`, or `dbt build`.")
    return found


def _frame(cursor: Any, query: str) -> pd.DataFrame:
    cursor.execute(query)
    table: pa.Table = cursor.fetch_arrow_table()
    frame: pd.DataFrame = table.to_pandas()
    for column in frame.columns:
        if isinstance(frame[column].dtype, pd.DatetimeTZDtype):
            frame[column] = frame[column].dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return frame
