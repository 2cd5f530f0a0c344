"""Functions that Spark's workers run: these have pyarrow and numpy, not this package, so its code travels along."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

_LEFT = "_left"


def cogrouped(
    left: DataFrame,
    right: DataFrame,
    key: str,
    function: Callable[[pa.Table, pa.Table], pa.Table],
    schema: StructType,
    *modules: ModuleType,
) -> DataFrame:
    """What `function` makes of the rows of each key in two frames, either of which may be empty.

    As one frame, each side's own columns null on the other: Sail 0.7 cogroups no column that holds a null.
    """
    kinds = {f.name: f.dataType for f in (*left.schema.fields, *right.schema.fields)}
    own = left.columns, right.columns

    def shaped(frame: DataFrame, is_left: bool) -> DataFrame:
        there = set(frame.columns)
        columns = ((F.col(n) if n in there else F.lit(None)).cast(kind).alias(n) for n, kind in kinds.items())
        return frame.select(*columns, F.lit(is_left).alias(_LEFT))

    utc = in_utc

    def grouped(rows: pa.Table) -> pa.Table:
        import pyarrow.compute as pc

        rows = utc(rows)
        of_left = rows["_left"]
        return function(rows.filter(of_left).select(own[0]), rows.filter(pc.invert(of_left)).select(own[1]))

    both = shaped(left, True).unionByName(shaped(right, False))
    return both.groupBy(key).applyInArrow(travels(grouped, *modules), schema)


def travels(function: Callable[..., pa.Table], *modules: ModuleType) -> Callable[..., pa.Table]:
    """The function, pickled whole with what it uses of these modules. Raises nothing; call it before it is sent."""
    for module in modules:
        cloudpickle.register_pickle_by_value(module)
    # By value too: pickle would otherwise name the module, which the workers do not have.
    function.__module__ = "__main__"
    return function


def in_utc(rows: Any) -> Any:
    """Times in the zone "UTC": Sail hands them over as "+00:00" and takes back only "UTC"."""
    import pyarrow as pa

    types = [pa.timestamp("us", "UTC") if pa.types.is_timestamp(t) else t for t in rows.schema.types]
    return rows.cast(pa.schema(list(zip(rows.schema.names, types, strict=True))))
