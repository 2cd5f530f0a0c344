"""The same jobs on Sail and on Spark in one process each: time, and whether every value is the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pandas as pd
import pyarrow as pa

from bench.environments import full_jdk
from bench.report import say
from bench.warehouse import plant
from millwright.contracts import contract
from millwright.derived import sensor_features_hourly
from millwright.errors import MillwrightError
from millwright.settings import settings_with
from spark_jobs.rebuild.silver import differing
from spark_jobs.silver import Silver
from spark_jobs.silver_files import EVENT_DATE, silver_schema

_MACHINES = 1_000
_PATIENCE_SECONDS = 1_200.0
SAIL, LOCAL = "", "local"  # as MILLWRIGHT_SPARK_URL names them


@dataclass(frozen=True)
class Jobs:
    """Seconds of cleansing, and of features and summaries after it."""

    cleanse: float
    features: float

    @property
    def both(self) -> float:
        return self.cleanse + self.features


@dataclass(frozen=True)
class Engines:
    """The jobs on each; `spark`: None where Spark cannot run, with the reason in `left_out`."""

    records: int
    sail: Jobs
    spark: Jobs | None
    left_out: str = ""


def measure(minutes: int) -> Engines:
    """Cleanse so many minutes of 1,000 machines and compute what follows from them.

    Raises MillwrightError when the two engines' rows differ: of silver in any bit, of features beyond a relative 1e-9.
    """
    say(f"{_MACHINES * minutes:,} readings into bronze ...")
    machines = plant.names(_MACHINES)
    table = plant.readings(_MACHINES, plant.END, minutes)
    for partition in range(plant.PARTITIONS):
        own = machines.take(list(range(partition, _MACHINES, plant.PARTITIONS)))
        plant.into_bronze(_of(table, own), partition, 0)
    say("Sail ...")
    sail = _run(SAIL)
    try:
        full_jdk()
        say("Spark in this process ...")
        spark = _run(LOCAL)
    except MillwrightError as error:
        return Engines(len(table), sail, None, str(error))
    spec, found = contract(plant.STREAM), []
    for url in (SAIL, LOCAL):
        with settings_with(silver_folder=_folder(url)):
            found.append(Silver.open(spec))
    if sum(found[0].rows_by_date().values()) != len(table) or (dates := differing(*found)):
        raise MillwrightError(f"Sail and Spark give other rows on {sorted(dates)}.")
    _compare_features()
    return Engines(len(table), sail, spark)


def _compare_features() -> None:
    frames = []
    for url in (SAIL, LOCAL):
        with settings_with(silver_folder=_folder(url)):
            spec = sensor_features_hourly()
            table = Silver.open(spec)
            rows = table.read(table.files(), pa.schema([f for f in silver_schema(spec) if f.name != EVENT_DATE]))
            frames.append(rows.read_all().to_pandas().sort_values(["equipment_id", "hour"], ignore_index=True))
    try:
        pd.testing.assert_frame_equal(frames[0], frames[1], rtol=1e-9, atol=1e-9)
    except AssertionError as error:
        raise MillwrightError(f"Sail and Spark give other features: {str(error).splitlines()[0]}") from None


def _of(table: object, machines: object) -> object:
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["equipment_id"], machines))  # type: ignore[attr-defined,index]


def _folder(url: str) -> str:
    return f"silver-{url or 'sail'}"


def _run(url: str) -> Jobs:
    environment = {**os.environ, "MILLWRIGHT_SPARK_URL": url, "MILLWRIGHT_SILVER_FOLDER": _folder(url)}
    command = [sys.executable, "-P", "-m", "bench.warehouse.cleansing"]
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=_PATIENCE_SECONDS, check=False
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise MillwrightError(f"{url or 'Sail'} failed: {said[-1] if said else done.returncode}.")
    return Jobs(*json.loads(done.stdout.splitlines()[-1]))
