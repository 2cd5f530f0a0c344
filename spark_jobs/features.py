"""Features of each machine and hour, from its hours' statistics and what its events had told."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Callable, Sequence

import pyarrow as pa

from millwright.contracts import contract
from millwright.derived import (
    LAGS_HOURS,
    SENSORS,
    WINDOWS_HOURS,
    computed_tables,
    equipment_conditions,
    sensor_features_hourly,
    sensor_hours,
)
from millwright.settings import settings
from spark_jobs import features_rows, statistics
from spark_jobs.aggregates import hours_new, summaries_new
from spark_jobs.delta import lake_answers
from spark_jobs.derived import Derived, DerivedResult, lots, paths
from spark_jobs.engine import Engine
from spark_jobs.features_conditions import conditions_new
from spark_jobs.frames import read_rows, spark_schema
from spark_jobs.silver import Silver
from spark_jobs.silver_files import EVENT_DATE, silver_schema
from spark_jobs.workers import cogrouped, of_many

# A reading changes the windows and lags of so many days after its own.
REACH_DAYS = -(-max(*WINDOWS_HOURS, *LAGS_HOURS) // 24)
_EPOCH = dt.date(1970, 1, 1)
_DAY = dt.timedelta(days=1)


def compute_new(engine: Engine | None = None) -> list[DerivedResult]:
    """Bring all computed tables of the lake up to silver; only what new, corrected, late or deleted rows affect.

    Each table is a function of silver alone: batches, order and repetition leave no trace. Any kill leaves tables from
    which the next run goes on. Raises Unavailable when another run commits first (run it again), or when Spark or
    the lake is away.
    """
    if not computed_tables():
        return []
    if engine is None:
        with Engine() as own:
            return compute_new(own)
    return [
        hours_new(engine),
        conditions_new(engine),
        features_new(engine),
        summaries_new(engine, "day"),
        summaries_new(engine, "week"),
    ]


def features_new(engine: Engine) -> DerivedResult:
    """Bring the features up to the hours and conditions, from which alone they follow. Raises as `compute_new`."""
    table = Derived.open(sensor_features_hourly())
    hours, told = Derived.find(sensor_hours()), Derived.find(equipment_conditions())
    if hours is None:
        return table.result()
    dates = {date + n * _DAY for date in table.pending(hours) for n in range(REACH_DAYS + 1)}
    dates |= reached(table.pending(told), told, hours)
    dates &= hours.files().keys() | table.files().keys()
    todo = list(lots(dates, hours.rows_by_date(), settings().cleanse_batch_records // 4))  # rows of 100 columns
    if not todo:
        table.take_up([hours, told])
    for lot in todo:
        table.put(lot, _features(engine, hours, told, lot), [hours, told] if lot is todo[-1] else [])
    return table.result()


def reached(changed: set[dt.date], told: Silver | None, hours: Silver) -> set[dt.date]:
    """Dates of `hours` that changed conditions bear on: each from its own date to the next date that tells anew."""
    if told is None or not changed:
        return set()
    tells, dates = sorted(told.files()), sorted(hours.files())
    found: set[dt.date] = set()
    for date in changed:
        after = bisect.bisect_right(tells, date)
        end = bisect.bisect_left(dates, tells[after]) if after < len(tells) else len(dates)
        found.update(dates[bisect.bisect_left(dates, date) : end])
    return found


@lake_answers()
def _features(engine: Engine, hours: Silver, told: Silver | None, dates: list[dt.date]) -> pa.Table:
    read = {date - n * _DAY for date in dates for n in range(REACH_DAYS + 1)}
    before = read_rows(engine, hours.contract, paths(hours, read))
    spec = sensor_features_hourly()
    listed = sorted(told.files()) if told else []
    # A date of conditions begins with what was known of each machine: the last up to the features' date says it all.
    since = {listed[at - 1] for date in dates if (at := bisect.bisect_right(listed, date))}
    conditions = read_rows(engine, equipment_conditions(), paths(told, since) if told else [])
    days = [(date - _EPOCH).days for date in dates]
    columns = silver_schema(spec)
    modules = statistics, features_rows
    kinds = spark_schema(columns)
    return cogrouped(before, conditions, "equipment_id", _rows(columns, days), kinds, *modules, apply=of_many).toArrow()


def _rows(columns: pa.Schema, days: Sequence[int]) -> Callable[[pa.Table, pa.Table], pa.Table]:
    build, windows, lags = features_rows.features, WINDOWS_HOURS, LAGS_HOURS
    channels = [f.name for f in contract(SENSORS).channels]
    wanted = pa.schema([column for column in columns if column.name != EVENT_DATE])

    def rows(hours: pa.Table, conditions: pa.Table) -> pa.Table:
        if not hours.num_rows:  # machines that told of themselves and measured nothing
            return wanted.empty_table()
        found = build(hours, conditions, days, channels, windows, lags)
        count = len(found["hour"])
        filled = [pa.nulls(count, f.type) if found.get(f.name) is None else found[f.name] for f in wanted]
        return pa.table(filled, names=wanted.names).cast(wanted)

    return rows
