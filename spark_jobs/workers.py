"""Functions that Spark's workers run: these have pyarrow and numpy, not this package, so its code travels along."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pyarrow as pa
from pyspark import cloudpickle
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

_LEFT, _GROUP = "_left", "_group"
# Sail spends 8 ms on each group, so a group holds the rows of many keys and is taken apart by the worker: 1,000
# machines are 0.3 s instead of 8 s. It also bounds how many cores work at once, and how many rows lie in one table.
_GROUPS = 32

Function = Callable[[pa.Table], pa.Table]


def by_key(
    rows: DataFrame, keys: Sequence[str], function: Function, schema: StructType, *modules: ModuleType
) -> DataFrame:
    """What `function` makes of the rows of each key, in any order; times are handed to it in the zone "UTC"."""
    names, split = list(keys), parted

    def each(rows: pa.Table) -> pa.Table:
        import pyarrow as pa

        return pa.concat_tables([function(part) for part in split(rows, names)])

    return of_many(rows, keys, each, schema, *modules)


def of_many(
    rows: DataFrame, keys: Sequence[str], function: Function, schema: StructType, *modules: ModuleType
) -> DataFrame:
    """As `by_key`, but `function` is handed the rows of many keys at once, all of each."""
    own, utc = list(rows.columns), in_utc

    def grouped(rows: pa.Table) -> pa.Table:
        return function(utc(rows.select(own)))

    group = F.pmod(F.xxhash64(*keys), F.lit(_GROUPS)).alias(_GROUP)
    return rows.select("*", group).groupBy(_GROUP).applyInArrow(travels(grouped, *modules), schema)


def cogrouped(
    left: DataFrame,
    right: DataFrame,
    key: str,
    function: Callable[[pa.Table, pa.Table], pa.Table],
    schema: StructType,
    *modules: ModuleType,
    apply: Callable[..., DataFrame] = by_key,
) -> DataFrame:
    """What `function` makes of the rows of each key (`apply`: by_key or of_many) in two frames, either of which may be
    empty.

    As one frame, each side's own columns null on the other: Sail 0.7 cogroups no column that holds a null.
    """
    kinds = {f.name: f.dataType for f in (*left.schema.fields, *right.schema.fields)}
    own = left.columns, right.columns

    def shaped(frame: DataFrame, is_left: bool) -> DataFrame:
        there = set(frame.columns)
        columns = ((F.col(n) if n in there else F.lit(None)).cast(kind).alias(n) for n, kind in kinds.items())
        return frame.select(*columns, F.lit(is_left).alias(_LEFT))

    def both(rows: pa.Table) -> pa.Table:
        import pyarrow.compute as pc

        of_left = rows["_left"]
        return function(rows.filter(of_left).select(own[0]), rows.filter(pc.invert(of_left)).select(own[1]))

    return apply(shaped(left, True).unionByName(shaped(right, False)), [key], both, schema, *modules)


def parted(rows: Any, keys: Sequence[str]) -> list[Any]:
    """The rows of each key by themselves, in the order they came; null is a key like any other."""
    from itertools import pairwise

    import numpy as np
    import pyarrow.compute as pc

    rows = rows.combine_chunks()
    code = np.zeros(rows.num_rows, np.int64)
    for key in keys:
        column = pc.dictionary_encode(rows[key], null_encoding="encode").combine_chunks()
        code = code * len(column.dictionary) + column.indices.to_numpy()
        code = np.unique(code, return_inverse=True)[1]  # so that it stays small, however many keys
    order = np.argsort(code, kind="stable")
    bounds = [0, *(np.flatnonzero(np.diff(code[order])) + 1), rows.num_rows]
    rows = rows.take(order)
    return [rows.slice(first, last - first) for first, last in pairwise(bounds)]


def travels(function: Callable[..., pa.Table], *modules: ModuleType) -> Callable[..., pa.Table]:
    """The function, pickled whole with what it uses of these modules. Raises nothing; call it before it is sent."""
    for module in (sys.modules[__name__], *modules):
        cloudpickle.register_pickle_by_value(module)
    # By value too: pickle would otherwise name the module, which the workers do not have.
    function.__module__ = "__main__"
    return function


def in_utc(rows: Any) -> Any:
    """Times in the zone "UTC": Sail hands them over as "+00:00" and takes back only "UTC"."""
    import pyarrow as pa

    types = [pa.timestamp("us", "UTC") if pa.types.is_timestamp(t) else t for t in rows.schema.types]
    return rows.cast(pa.schema(list(zip(rows.schema.names, types, strict=True))))
