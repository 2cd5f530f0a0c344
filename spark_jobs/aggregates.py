"""Silver readings to statistics by hour, and those to summaries by day and week."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

import pyarrow as pa

from millwright.contracts import Contract, contract
from millwright.derived import SENSORS, sensor_hours, sensor_summary
from millwright.settings import settings
from spark_jobs import statistics, summaries
from spark_jobs.delta import lake_answers
from spark_jobs.derived import Derived, DerivedResult, lots, paths
from spark_jobs.engine import Engine
from spark_jobs.frames import read_rows, spark_schema
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema
from spark_jobs.workers import Function, of_many


def hours_new(engine: Engine) -> DerivedResult:
    """Bring the statistics of each machine and hour up to silver's readings, by the dates that have changed.

    Raises Unavailable when another run commits first (run it again), or when Spark or the lake is away.
    """
    readings = contract(SENSORS)
    table = Derived.open(sensor_hours())
    source = Silver.find(readings)
    names = readings.key, readings.event_time, [f.name for f in readings.channels]
    _bring(engine, table, source, table.pending(source), lambda dates: dates, _by_hour(*names))
    return table.result()


def summaries_new(engine: Engine, span: str) -> DerivedResult:
    """Bring the summaries by "day" or "week" up to the hours' statistics. Raises as `hours_new`."""
    table = Derived.open(sensor_summary(span))
    source = Derived.find(sensor_hours())
    days = {"day": 1, "week": 7}[span]
    dates = {begin(date, days) for date in table.pending(source)}
    grouped = _by_span(span, days, [f.name for f in contract(SENSORS).channels])
    _bring(engine, table, source, dates, lambda begun: [d for date in begun for d in _following(date, days)], grouped)
    return table.result()


def begin(date: dt.date, days: int) -> dt.date:
    """The first date of the span of 1 or 7 days (from Monday) that holds a date."""
    return date - dt.timedelta(days=date.weekday() if days == 7 else 0)


def _bring(
    engine: Engine,
    table: Derived,
    source: Silver | None,
    dates: set[dt.date],
    read: Callable[[list[dt.date]], list[dt.date]],
    grouped: Function,
) -> None:
    """Compute these dates of a table, each lot from the dates of its source that `read` names."""
    if source is None:
        return
    counts = source.rows_by_date()
    weights = {date: sum(counts.get(d, 0) for d in read([date])) for date in dates}
    todo = list(lots(dates, weights, settings().cleanse_batch_records))
    if not todo:
        table.take_up([source])
    for lot in todo:
        rows = _grouped(engine, table.contract, source, read(lot), grouped)
        table.put(lot, rows, [source] if lot is todo[-1] else [])


@lake_answers()
def _grouped(engine: Engine, made: Contract, source: Silver, dates: list[dt.date], grouped: Function) -> pa.Table:
    schema = spark_schema(silver_schema(made))
    if not (files := paths(source, dates)):
        return pa.schema([silver_schema(made).field(name) for name in schema.names]).empty_table()
    rows = read_rows(engine, source.contract, files)
    return of_many(rows, [source.contract.key], grouped, schema, statistics, summaries).toArrow()


def _following(date: dt.date, days: int) -> list[dt.date]:
    return [date + dt.timedelta(days=n) for n in range(days)]


def _by_hour(key: str, event_time: str, channels: Sequence[str]) -> Function:
    by_hour = statistics.by_hour

    def grouped(readings: pa.Table) -> pa.Table:
        return by_hour(readings, key, event_time, channels)

    return grouped


def _by_span(span: str, days: int, channels: Sequence[str]) -> Function:
    summarise = summaries.summarise

    def grouped(hours: pa.Table) -> pa.Table:
        return summarise(hours, span, days, channels)

    return grouped
