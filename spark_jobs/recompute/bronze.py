"""The records of bronze with an event time in a window, as far as silver has read them."""

from __future__ import annotations

import datetime as dt
import functools
import operator
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.lake import BronzeFile, list_bronze, list_repaired
from millwright.settings import settings
from spark_jobs.damage import damage_named
from spark_jobs.engine import Engine
from spark_jobs.frames import given, read_bronze, record_schema
from spark_jobs.rebuild.silver import dropped_from_bronze
from spark_jobs.silver import Silver
from spark_jobs.silver_files import silver_schema


def records(engine: Engine, silver: Silver, begin: int, end: int) -> DataFrame | None:
    """The records with an event time from `begin` to before `end` (µs) that silver has read; None: no file has any."""
    spec, vector = silver.contract, silver.vector()
    files = [file for file in _files(spec.topic, vector) if file.accepted and _may_hold(file, begin)]
    files.sort(key=lambda file: file.schema_id)
    plain = [file for file in files if file.partition >= 0]
    mended = [file for file in files if file.partition < 0]
    gone = _dropped(silver, begin, end)
    frames = [given(engine, spec, gone)] if gone.num_rows else []
    if plain:
        frames.append(_read(engine, spec, plain).filter(_has_read(vector)))  # a file may reach beyond what was read
    if mended:
        frames.append(_read(engine, spec, mended))
    if not frames:
        return None
    at = F.col(spec.event_time)
    whole = functools.reduce(DataFrame.unionByName, frames)
    return whole.filter((at >= F.lit(moment(begin))) & (at < F.lit(moment(end))))


def _files(topic: str, vector: Mapping[int, int]) -> list[BronzeFile]:
    files = [*list_bronze(topic), *list_repaired(topic)]
    return [file for file in files if file.first_offset < vector.get(file.partition, 0)]


def _may_hold(file: BronzeFile, begin: int) -> bool:
    # No event is later than its append time by more than the tolerance; a day more, for that may have been another.
    tolerance_ms = (settings().future_tolerance_seconds + 86_400) * 1000
    return file.partition < 0 or file.append_max is None or file.append_max + tolerance_ms >= begin / 1000


def _read(engine: Engine, spec: Contract, files: Sequence[BronzeFile]) -> DataFrame:
    """All records of these files. Raises MillwrightError when they hold fewer than their headers count: an engine that
    reads nothing from a missing file must not become a commit."""
    by_schema = [[file.path for file in group] for _, group in groupby(files, key=lambda file: file.schema_id)]
    expected = sum(file.accepted for file in files)
    with damage_named(files):
        frame = read_bronze(engine, spec, by_schema)
        if (found := frame.count()) != expected:
            raise MillwrightError(
                f"Bronze of {spec.topic} holds {found} records where its files' headers count {expected}.",
                "`millwright lake verify` names the damaged file; put it back from a copy (docs/lake.md).",
            )
    return frame


def _has_read(vector: Mapping[int, int]) -> Any:
    ends = [
        (F.col("_partition") != F.lit(partition)) | (F.col("_offset") < F.lit(offset))
        for partition, offset in vector.items()
        if partition >= 0
    ]
    return functools.reduce(operator.and_, ends)


def _dropped(silver: Silver, begin: int, end: int) -> pa.Table:
    """The rows of silver whose records retention has dropped from bronze."""
    whole = silver_schema(silver.contract)
    columns = pa.schema([whole.field(name) for name in record_schema(silver.contract).fieldNames()])
    dropped = dropped_from_bronze(silver.contract)
    if dropped is None:
        return columns.empty_table()
    return silver.read_spans([(begin, end - 1)], columns).read_all().filter(dropped)


def moment(micros: int) -> dt.datetime:
    """Of µs since 1970."""
    return dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=micros)
