"""Bronze to silver: new records merged into the parts of event time that they touch, exactly once, in any order."""

from __future__ import annotations

import datetime as dt
import heapq
import logging
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import groupby
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from millwright.contracts import Contract, contract
from millwright.errors import MillwrightError
from millwright.failpoints import failpoint
from millwright.lake import BronzeFile, list_bronze, list_repaired
from millwright.logs import said
from millwright.settings import settings
from spark_jobs.damage import damage_named
from spark_jobs.delta import lake_answers
from spark_jobs.engine import Engine
from spark_jobs.frames import cleansed, given, read_bronze, read_silver, record_schema
from spark_jobs.parts import Part, touched
from spark_jobs.silver import Overtaken, Silver
from spark_jobs.silver_files import EVENT_DATE, silver_schema
from spark_jobs.windows import News, behind, reached, series_columns

log = logging.getLogger(__name__)

_NAMED_FILES = 20  # of a batch's files in its log line; the offsets are told of all
_TRIES = 5  # of a run that others overtake; each time they have done a part of its work


@dataclass(frozen=True)
class CleanseResult:
    """What one run of cleansing did to a stream."""

    stream: str
    silver_version: int  # of the Delta table after it
    files: int = 0  # bronze files read
    records: int = 0  # accepted records in them
    rows_written: int = 0  # rows of the parts that were replaced
    duplicates: int = 0  # records that gave way to a later one of the same `unique`
    outliers: int = 0  # rows written with a mark on at least one channel
    dates: tuple[dt.date, ...] = field(default=())  # event dates of which a part was replaced

    def as_dict(self) -> dict[str, Any]:
        """For JSON: dates in ISO 8601."""
        return {**self.__dict__, "dates": [date.isoformat() for date in self.dates]}

    def __add__(self, later: CleanseResult) -> CleanseResult:
        return CleanseResult(
            stream=self.stream,
            silver_version=later.silver_version,
            files=self.files + later.files,
            records=self.records + later.records,
            rows_written=self.rows_written + later.rows_written,
            duplicates=self.duplicates + later.duplicates,
            outliers=self.outliers + later.outliers,
            dates=tuple(sorted({*self.dates, *later.dates})),
        )


def cleanse_new(
    stream: str,
    engine: Engine | None = None,
    progress: Callable[[int, int], None] | None = None,
    until: Mapping[int, int] | None = None,
) -> CleanseResult:
    """Bring into silver all that bronze has now and silver has not, in commits of settings.cleanse_batch_records.

    Silver is a function of the set of accepted records alone: batches, order and repetition leave no trace. `engine`
    serves several streams; without one, one is made. `progress` is told records done and to do. `until`: only files
    that end within this vector.
    What bronze gets meanwhile is left to the next run. When another run commits first, this one looks again at what
    is left. Raises Unavailable when that happens time and again, or when Spark is away.
    """
    if engine is None:
        with Engine() as own:
            return cleanse_new(stream, own, progress, until)
    spec = contract(stream)
    silver = Silver.open(spec)
    result = CleanseResult(stream=stream, silver_version=silver.version)
    for tries in range(_TRIES):
        files = _unread(spec.topic, silver.vector(), until)
        todo = result.records + sum(file.accepted for file in files)
        try:
            for batch in batches(files, settings().cleanse_batch_records):
                result += _cleanse_batch(engine, spec, silver, batch)
                if progress:
                    progress(result.records, todo)
            break
        except Overtaken:
            if tries == _TRIES - 1:
                raise
            silver = Silver.open(spec)
    return result


def _unread(topic: str, vector: Mapping[int, int], until: Mapping[int, int] | None) -> list[BronzeFile]:
    files = [*list_bronze(topic, vector), *list_repaired(topic, vector)]
    return files if until is None else [file for file in files if file.next_offset <= until.get(file.partition, 0)]


def batches(files: Sequence[BronzeFile], limit: int) -> Iterator[list[BronzeFile]]:
    """Files in lots of at most `limit` records (or one file), oldest first, each partition's in its own order."""
    by_partition: dict[int, list[BronzeFile]] = defaultdict(list)
    for file in files:
        by_partition[file.partition].append(file)
    # Merged, not sorted: append times may step back within a partition, and its order is that of offsets.
    oldest_first = heapq.merge(*by_partition.values(), key=lambda file: file.append_min or 0)
    batch: list[BronzeFile] = []
    for file in oldest_first:
        if batch and sum(f.accepted for f in batch) + file.accepted > limit:
            yield batch
            batch = []
        batch.append(file)
    if batch:
        yield batch


def _cleanse_batch(engine: Engine, spec: Contract, silver: Silver, batch: Sequence[BronzeFile]) -> CleanseResult:
    """One commit on the version that `silver` stands for, which moves on to the new one."""
    next_offsets: dict[int, int] = {}
    for file in batch:
        next_offsets[file.partition] = max(file.next_offset, next_offsets.get(file.partition, 0))
    records = sum(file.accepted for file in batch)
    rows, duplicates = silver_schema(spec).empty_table(), 0
    again: set[Part] = set()
    if records:
        with lake_answers(), damage_named(batch):
            new = _new_records(engine, spec, batch)
            news = _news(new, spec, records)
            again = _again(news, silver)
            rows = _cleansed(engine, new, news, silver, again)
        duplicates = records + sum(part.rows for part in again) - rows.num_rows
    outliers = len(rows) - rows["outlier_channels"].null_count if spec.channels else 0
    newest = max((file.append_max for file in batch if file.append_max is not None), default=None)
    # Said in the commit itself, so that whoever counts it never misses one and never counts one twice.
    counts = {"records": records, "rows_written": rows.num_rows, "duplicates": duplicates, "outliers": outliers}
    failpoint("cleanse.before_commit")
    silver.commit(again, rows, next_offsets, counts | {"newest_append_ms": newest})
    failpoint("cleanse.after_commit")
    files = ",".join(file.key for file in batch) if len(batch) <= _NAMED_FILES else f"{len(batch)}_files"
    offsets = ",".join(f"{file.partition}:{file.first_offset}-{file.next_offset}" for file in batch)
    log.info(said("cleansed", stream=spec.stream, silver=silver.version, file=files, offsets=offsets, **counts))
    return CleanseResult(
        stream=spec.stream,
        silver_version=silver.version,
        files=len(batch),
        records=records,
        rows_written=rows.num_rows,
        duplicates=duplicates,
        outliers=outliers,
        dates=tuple(sorted(rows[EVENT_DATE].unique().to_pylist())),
    )


def _new_records(engine: Engine, spec: Contract, batch: Sequence[BronzeFile]) -> DataFrame:
    holding = sorted((file for file in batch if file.accepted), key=lambda file: file.schema_id)
    whole = [file for file in holding if not file.skip]
    by_schema = [[str(f.path) for f in group] for _, group in groupby(whole, key=lambda file: file.schema_id)]
    frames = [read_bronze(engine, spec, by_schema)] if by_schema else []
    for file in holding:
        if file.skip:  # compacted since a part of it was cleansed
            frames.append(read_bronze(engine, spec, [[file.path]]).filter(F.col("_offset") >= file.first_offset))
    return reduce(DataFrame.unionByName, frames)


def _news(new: DataFrame, spec: Contract, expected: int) -> News:
    """When and of which series the new records are, by minute.

    Raises MillwrightError when the files do not hold the records that their headers count: an engine that reads
    nothing from a missing file must not become a commit.
    """
    at = F.col(spec.event_time)
    by = [F.col(name) for name in series_columns(spec)] if spec.channels else []
    counted = new.groupBy(*by, F.date_trunc("minute", at).alias("minute")).agg(
        F.count("*").alias("records"), F.min(at).alias("first"), F.max(at).alias("last")
    )
    found = counted.toArrow()
    if (read := pc.sum(found["records"]).as_py() or 0) != expected:
        raise MillwrightError(
            f"Bronze of {spec.topic} holds {read} records where its files' headers count {expected}.",
            "See that the engine reads the lake's own files, and that none has been removed.",
        )
    return News.of(found, spec)


def _again(news: News, silver: Silver) -> set[Part]:
    """The parts to be written again: where the new records go, and those whose outlier windows reach back to them."""
    parts = silver.parts()
    own = touched(parts, news.first, news.last)
    return own | reached(news, parts, own, silver.scan) if silver.contract.channels else own


def _cleansed(engine: Engine, new: DataFrame, news: News, silver: Silver, again: set[Part]) -> pa.Table:
    """The new records and the rows of these parts, cleansed, in the columns of `silver_schema`."""
    spec, schema = silver.contract, silver_schema(silver.contract)
    records = new.withColumn("_wanted", F.lit(True))
    there = read_silver(engine, spec, sorted(silver.path(part) for part in again))
    if there is not None:
        records = records.unionByName(there.withColumn("_wanted", F.lit(True)))
    if spec.channels:
        before = behind(news, silver.parts(), again, record_schema(spec).fieldNames(), silver.scan)
        if len(before):
            records = records.unionByName(given(engine, spec, before).withColumn("_wanted", F.lit(False)))
    table = cleansed(records, spec).filter("_wanted").toArrow()
    table = table.append_column(EVENT_DATE, pc.cast(table[spec.event_time], pa.date32()))
    return table.select(schema.names).cast(schema)
