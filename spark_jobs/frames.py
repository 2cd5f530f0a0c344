"""Data frames of cleansing: what is read, which record of several wins, and the marks of outliers."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema
from pyspark.sql.types import (
    BooleanType,
    DataType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from millwright.contracts import Contract
from spark_jobs import latest, outliers
from spark_jobs.engine import Engine
from spark_jobs.silver_files import EVENT_DATE, silver_schema
from spark_jobs.windows import series_columns
from spark_jobs.workers import Function, by_key

_SPARK: dict[str, DataType] = {
    "string": StringType(),
    "double": DoubleType(),
    "float": FloatType(),
    "long": LongType(),
    "int": IntegerType(),
    "boolean": BooleanType(),
    "timestamp-micros": TimestampType(),
}
_LINEAGE = {"_partition": IntegerType(), "_offset": LongType(), "_append_time": TimestampType()}


def record_schema(contract: Contract) -> StructType:
    """The contract's fields and the position each record had in its topic."""
    types = {f.name: _SPARK[f.avro_type] for f in contract.fields} | _LINEAGE
    return StructType([StructField(name, kind) for name, kind in types.items()])


def read_bronze(engine: Engine, contract: Contract, paths_by_schema: Sequence[Sequence[str]]) -> DataFrame:
    """Records of bronze files, in the columns of `record_schema`.

    Each group of paths was written with one schema; a field that an older schema lacks is null.
    """
    frames = [_shaped(engine.session.read.format(engine.avro).load(list(paths)), contract) for paths in paths_by_schema]
    return _union(frames)


def read_silver(engine: Engine, contract: Contract, paths: Sequence[str]) -> DataFrame | None:
    """Rows of silver's Parquet files in the columns of `record_schema`; None without files.

    Read as plain files of a version that the caller has pinned, so that no engine needs Delta.
    """
    if not paths:
        return None
    return _shaped(engine.session.read.schema(record_schema(contract)).parquet(*paths), contract)


def given(engine: Engine, contract: Contract, rows: pa.Table) -> DataFrame:
    """Rows that are at hand, in the columns of `record_schema`."""
    return _shaped(engine.session.createDataFrame(rows), contract)


def read_rows(engine: Engine, contract: Contract, paths: Sequence[str]) -> DataFrame:
    """Rows of a lake table's Parquet files with all its columns but the event date; no rows without files."""
    schema = spark_schema(silver_schema(contract))
    if not paths:
        return engine.session.createDataFrame([], schema)
    return engine.session.read.schema(schema).parquet(*paths)


def spark_schema(columns: pa.Schema) -> StructType:
    """Columns as Spark types, without the event date, which is in the files' paths."""
    return from_arrow_schema(pa.schema([column for column in columns if column.name != EVENT_DATE]))


def cleansed(records: DataFrame, contract: Contract) -> DataFrame:
    """The latest record of each `unique`; where there are channels with `outlier_channels`, each series (`unique`
    without the event time) judged by itself.

    `records` has to reach back `outliers.WINDOW_SECONDS` before the first row whose mark matters.
    """
    if not contract.channels:
        return by_key(records, [contract.key], _latest(contract), records.schema, latest)
    event_time, channels = contract.event_time, [f.name for f in contract.channels]
    keep, judge = _latest(contract), outliers.outlier_channels

    def mark(rows: pa.Table) -> pa.Table:
        rows = keep(rows)
        return rows.append_column("outlier_channels", judge(rows, event_time, channels))

    kept = [StructField(f.name, f.dataType) for f in records.schema.fields]
    marked = StructType([*kept, StructField("outlier_channels", StringType())])
    return by_key(records, series_columns(contract), mark, marked, latest, outliers)


def _latest(contract: Contract) -> Function:
    find, unique = latest.latest, list(contract.unique)

    def keep(rows: pa.Table) -> pa.Table:
        return find(rows, unique)

    return keep


def _shaped(frame: DataFrame, contract: Contract) -> DataFrame:
    """Exactly the columns of `record_schema`, in its order. (Sail cannot union by name with columns missing.)"""
    there = set(frame.columns)
    return frame.select(
        *(
            (F.col(f.name) if f.name in there else F.lit(None)).cast(f.dataType).alias(f.name)
            for f in record_schema(contract).fields
        )
    )


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    whole = frames[0]
    for frame in frames[1:]:
        whole = whole.unionByName(frame)
    return whole
