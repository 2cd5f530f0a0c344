"""What an hour of new data costs when the plant has run for a week, for ten weeks, for a year."""

from __future__ import annotations

import datetime as dt
import json
import os
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from bench import dashboards
from bench.report import say
from bench.warehouse import plant, queries
from bench.warehouse.streams import of_stream
from dashboards.spec.read import load
from millwright import dbt_sources, reference
from millwright.contracts import contract, contracts
from millwright.errors import MillwrightError
from millwright.settings import settings, settings_with
from millwright.tables import ensure_partitions, migrate
from millwright.warehouse import adbc, connect, session
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new

MACHINES = 100
_HOUR = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Cost:
    """Seconds of an hour's new data (6,000 readings and what belongs to them) on a history of so many readings.

    `dbt`, `spark_job`: medians of the hours; `query_ms`: the slowest of the queries of charts and marts, and
    `query` which; `dashboards_ms`: all questions of each dashboard together, one after the other.
    """

    readings: int
    dbt: float
    spark_job: float
    query_ms: float
    query: str
    dashboards_ms: dict[str, float]


def measure(sizes: list[int], folder: Path, hours: int) -> list[Cost]:
    """One warehouse that grows into the past; a silver table for each size, and so many hours after one that warms up.

    Raises MillwrightError when dbt fails.
    """
    migrate()
    reference.apply()
    dbt_sources.generate()
    found, oldest, now = [], plant.END, plant.END
    with Engine() as engine:
        for size in sizes:
            first = plant.END - size // (60 * MACHINES) * _HOUR  # full hours
            say(f"{size:,} readings of history: COPY, then dbt on all of it ...")
            _load(first, oldest)
            oldest = first
            _dbt(folder, "--full-refresh")
            _vacuum()
            by_dbt = []
            for _ in range(hours + 1):
                _load(now, now + _HOUR)
                now += _HOUR
                by_dbt.append(_dbt(folder))
            query, milliseconds = queries.slowest()
            boards = dashboards.sums(dashboards.measure(load().boards, 3))
            say(f"{size:,} readings of history: silver and the Spark job ...")
            by_spark = _spark_job(engine, size, first, hours)
            by_hour = statistics.median(by_dbt[1:]), statistics.median(by_spark[1:])
            found.append(Cost(size, *by_hour, milliseconds, query, boards))
    return found


def _load(first: dt.datetime, after: dt.datetime) -> None:
    """All streams of a time straight into raw by COPY, as one load each."""
    for stream in contracts():
        for part in of_stream(stream, MACHINES, first, after):
            _copy(stream, part)


def _copy(stream: str, part: pa.Table) -> None:
    spec = contract(stream)
    days = part["event_time"].cast(pa.date32()).unique().to_pylist()
    ensure_partitions(spec.table, days)
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into platform.loads (table_name, silver_version, silver_id, columns, rows_inserted)"
            " values (%s, 0, 'bench', '{}', %s) returning load_id",
            (spec.table, len(part)),
        )
        (load_id,) = cursor.fetchone() or (0,)
    rows = plant.with_lineage(part, stream).drop_columns("event_date")
    rows = rows.append_column("_load_id", pa.array([load_id] * len(part), pa.int64()))
    connection = adbc()
    try:
        with connection.cursor() as cursor:
            cursor.adbc_ingest(spec.table, rows, mode="append", db_schema_name="raw")
        connection.commit()
    finally:
        connection.close()


def _dbt(folder: Path, *options: str) -> float:
    """Seconds of `dbt run` from its first model to its last: starting Python and reading the project cost the same
    whatever the history, and would hide a growth."""
    target = folder / "dbt-target"
    project = settings().dbt_dir.absolute()
    command = [
        *(str(Path(sys.executable).with_name("dbt")), "run", "--quiet", "--project-dir", str(project), *options),
        *("--target-path", str(target), "--log-path", str(folder / "dbt-logs")),
        *("--profiles-dir", str(dbt_sources.profiles_dir(project).absolute())),
    ]
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MillwrightError(f"dbt failed:\n{done.stdout[-2000:]}")
    return float(json.loads((target / "run_results.json").read_text())["elapsed_time"])


def _vacuum() -> None:
    """As autovacuum would have done by then."""
    connection = connect()
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("vacuum analyze")
    finally:
        connection.close()


def _spark_job(engine: Engine, size: int, first: dt.datetime, hours: int) -> list[float]:
    """Seconds of cleansing each of some hours that are new and computing what follows, in a lake of its own."""
    seconds, offset = [], 0
    midnight = first.replace(hour=0, minute=0)
    with settings_with(lake_url=f"{settings().lake}-{size}"):
        plant.into_silver(plant.history(MACHINES, midnight, plant.END))
        for number in range(hours + 1):
            table = plant.readings(MACHINES, plant.END + number * _HOUR, 60)
            offset = plant.into_bronze(table, 0, offset)
            begun = time.perf_counter()
            result: Any = cleanse_new(plant.STREAM, engine)
            compute_new(engine)
            seconds.append(time.perf_counter() - begun)
            if result.records != len(table):
                raise MillwrightError(f"An hour of {len(table)} readings was cleansed as {result.records}.")
    return seconds
