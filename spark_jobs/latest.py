"""Which of several records of one thing holds. No Spark and no Millwright in here: it travels to the workers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def latest(records: pa.Table, unique: Sequence[str]) -> pa.Table:
    """One row per `unique` (null equals null), in its order: the record with the highest offset.

    A key keeps its partition, so that its offsets tell which came last.
    """
    codes = [_codes(records[name]) for name in unique]
    back = [-records[name].to_numpy().astype(np.int64) for name in ("_offset", "_partition")]
    order = np.lexsort([*reversed(back), *reversed(codes)])  # the last key is the first
    ordered = [code[order] for code in codes]
    begins = np.ones(len(order), dtype=np.bool_)
    if len(order):
        begins[1:] = np.any([column[1:] != column[:-1] for column in ordered], axis=0)
    return records.take(pa.array(order[begins]))


def _codes(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Whole numbers that are equal where the values are."""
    if pa.types.is_timestamp(column.type) and not column.null_count:
        numbers = column.cast(pa.int64())
    else:
        numbers = pc.dictionary_encode(column, null_encoding="encode").combine_chunks().indices
    return np.asarray(numbers.to_numpy(), dtype=np.int64)
