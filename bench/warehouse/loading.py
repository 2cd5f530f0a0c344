"""Loading: COPY into a staging table and the whole load, beside Spark's JDBC, psycopg2's COPY and pandas."""

from __future__ import annotations

import datetime as dt
import io
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from bench.report import say
from bench.warehouse import jdbc, plant
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.tables import ensure_partitions, migrate, raw_columns
from millwright.warehouse import adbc, connect, engine, session
from spark_jobs import load_sql
from spark_jobs.load import load_new
from spark_jobs.parts import DAY, midnight
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema

_MACHINES = 1_000
_RUNS = 3
_PANDAS_ROWS = 50_000


@dataclass(frozen=True)
class Loading:
    """Rows a second: of an append to one staging table by four ways, and of whole loads of rows that are new.

    `spark_append`, `spark_load`: None where Spark cannot run, with the reason in `left_out`.
    """

    rows: int
    copy: float
    psycopg2_copy: float
    pandas: float
    load: float
    spark_append: float | None
    spark_load: float | None
    reload_seconds: float
    left_out: str = ""


def measure(minutes: int) -> Loading:
    """Two lots of so many minutes of 1,000 machines: the first into an empty raw table, the second beside it.

    Every way reads the same Parquet files of silver, and reading is inside the time. Raises MillwrightError when a
    table does not hold in the end what it should.
    """
    migrate()
    lots, first = [], plant.END
    for _ in range(2):
        lots.append(plant.readings(_MACHINES, first, minutes))
        first += dt.timedelta(days=1 + minutes // 1440)
    rows = len(lots[0])
    say(f"{rows:,} readings into silver ...")
    silver = plant.into_silver(iter(lots[:1]))
    dates = set(silver.files())

    say("COPY, psycopg2, pandas ...")
    copy = _rate(rows, lambda: _adbc_copy(silver, dates))
    by_psycopg2 = _rate(rows, lambda: _psycopg2_copy(silver, dates))
    few = min(rows, _PANDAS_ROWS)
    pandas = _rate(few, lambda: _pandas(silver, few), times=1)

    say("our loads ...")
    seconds = _timed(lambda: load_new(plant.STREAM))
    reload = _timed(_load_again)
    silver = plant.into_silver(iter(lots[1:]))
    seconds += _timed(lambda: load_new(plant.STREAM))
    _expect("raw.sensor_readings", 2 * rows)

    by_spark, left_out = _spark(silver, dates, rows)
    return Loading(rows, copy, by_psycopg2, pandas, 2 * rows / seconds, *by_spark, reload, left_out)


def _spark(silver: Silver, first: set[dt.date], rows: int) -> tuple[tuple[float | None, float | None], str]:
    say("Spark's JDBC ...")
    paths = silver.files()
    lots = [
        [path for date, there in paths.items() if (date in first) == is_first for path in there]
        for is_first in (True, False)
    ]
    _fresh_raw()
    for table in ("warm_up", "staging_0", "staging_1"):
        _staging(table)
    try:
        appended = jdbc.append(lots, ["staging_0", "staging_1"], _columns())
    except MillwrightError as error:
        return (None, None), str(error)
    seconds = sum(appended, 0.0)
    for number, lot in enumerate((first, set(paths) - first)):
        _expect(f"public.staging_{number}", rows)
        seconds += _timed(partial(_upsert, number, lot))
    _expect("raw.sensor_readings", 2 * rows)
    return (2 * rows / sum(appended), 2 * rows / seconds), ""


def _upsert(number: int, dates: set[dt.date]) -> None:
    """The load's own statements, on what Spark has appended."""
    spec = contract(plant.STREAM)
    ensure_partitions(spec.table, dates)
    within = load_sql.within(spec, [(midnight(date), midnight(date) + DAY - 1) for date in sorted(dates)])
    with session() as connection, connection.cursor() as cursor:
        cursor.execute("drop table if exists staging")
        cursor.execute(f"alter table staging_{number} rename to staging")
        cursor.execute("analyze staging")
        for statement in (
            load_sql.PLAN,
            load_sql.update(spec, _columns(), 1, within),
            load_sql.delete(spec, within),
            load_sql.insert(spec, _columns(), 1, within),
        ):
            cursor.execute(statement)


def _adbc_copy(silver: Silver, dates: set[dt.date]) -> None:
    whole = silver_schema(silver.contract)
    connection = adbc()
    try:
        with connection.cursor() as cursor:
            rows = silver.read(dates, pa.schema([whole.field(name) for name in _columns()]))
            cursor.adbc_ingest("staging", rows, mode="append", db_schema_name="public")
        connection.commit()
    finally:
        connection.close()


def _psycopg2_copy(silver: Silver, dates: set[dt.date]) -> None:
    """As text, made by Arrow's CSV writer, the fastest there is."""
    with session() as connection, connection.cursor() as cursor:
        for path in (path for date in dates for path in silver.files()[date]):
            text = io.BytesIO()
            pyarrow.csv.write_csv(pq.read_table(Path(path), partitioning=None).select(_columns()), text)
            text.seek(0)
            cursor.copy_expert(f"copy staging ({', '.join(_columns())}) from stdin csv header", text)


def _pandas(silver: Silver, rows: int) -> None:
    whole = silver_schema(silver.contract)
    reader = silver.read(silver.files(), pa.schema([whole.field(name) for name in _columns()]))
    frame = reader.read_all().slice(0, rows).to_pandas()
    frame.to_sql("staging", engine(), schema="public", if_exists="append", index=False, chunksize=10_000)


def _load_again() -> None:
    again: Any = load_new(plant.STREAM, everything=True)
    if again.rows_inserted or again.rows_updated or again.rows_deleted:
        raise MillwrightError(f"A second load changed rows: {again}.")


def _rate(rows: int, append: Callable[[], None], times: int = _RUNS) -> float:
    """Rows a second of the median run, each into an empty table that writes no WAL."""
    seconds = []
    for _ in range(times):
        _staging("staging")
        seconds.append(_timed(append))
        _expect("public.staging", rows)
    return rows / statistics.median(seconds)


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _columns() -> list[str]:
    return [name for name in raw_columns(contract(plant.STREAM)) if name != "_load_id"]


def _staging(name: str) -> None:
    kinds = raw_columns(contract(plant.STREAM))
    columns = ", ".join(f"{column} {kinds[column]}" for column in _columns())
    _run(f"drop table if exists public.{name}", f"create unlogged table public.{name} ({columns})")


def _fresh_raw() -> None:
    _run("truncate raw.sensor_readings", "truncate platform.loads", "checkpoint")


def _run(*statements: str) -> None:
    connection = connect()
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
    finally:
        connection.close()


def _expect(table: str, rows: int) -> None:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        if (found := cursor.fetchone()) != (rows,):
            raise MillwrightError(f"{table} holds {found and found[0]} rows, not {rows}.")
