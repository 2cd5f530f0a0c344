"""How many bytes records take when every number is written in its shortest form.

No encoding of the same values is shorter, so a value that has just this length holds the record and nothing else.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from streaming.sink.intake import Ints

_FIXED = {pa.bool_(): 1, pa.float32(): 4, pa.float64(): 8}


def usual_lengths(rows: pa.RecordBatch, schema_json: str) -> Ints:
    """Bytes of each row in Avro, by the schema that the rows were decoded with."""
    nullable = _nullable(schema_json)
    if nullable is None:  # a kind of field that no contract has: written again, and measured
        [written] = pyruhvro.serialize_record_batch(rows, schema_json, 1)
        return _ints(pc.binary_length(written))
    total, fixed = np.zeros(len(rows), np.int64), 0
    for column, branch in zip(rows.columns, nullable, strict=True):
        fixed += branch
        if (width := _FIXED.get(column.type)) is None:
            total += _varying(column)
        elif column.null_count:
            total += width * column.is_valid().to_numpy(zero_copy_only=False)
        else:
            fixed += width
    return total + fixed


def _varying(column: pa.Array) -> Ints | int:
    """Bytes of text, behind its length, or of whole numbers; 0 for null."""
    if text := pa.types.is_string(column.type):
        numbers = _ints(pc.fill_null(pc.binary_length(column), 0))
    else:
        numbers = _ints(pc.fill_null(column.cast(pa.int64()), 0))
    sizes: Ints | int = _varint_sizes(numbers) + (numbers if text else 0)
    return sizes * _ints(column.is_valid().cast(pa.int8())) if column.null_count else sizes


def _varint_sizes(numbers: Ints) -> Ints | int:
    """Bytes of Avro's zigzag varint: seven bits each."""
    if not len(numbers):
        return 0
    zigzag = ((numbers << 1) ^ (numbers >> 63)).view(np.uint64)
    low, high = _size(int(zigzag.min())), _size(int(zigzag.max()))
    if low == high:  # time stamps of one century, names of one length
        return low
    sizes = np.full(len(numbers), low, np.int64)
    for size in range(low, high):
        sizes += zigzag >= np.uint64(1 << (7 * size))
    return sizes


def _size(zigzag: int) -> int:
    return max(1, -(-zigzag.bit_length() // 7))


def _ints(array: pa.Array) -> Ints:
    return np.asarray(array.to_numpy(zero_copy_only=False), np.int64)


@lru_cache(maxsize=256)
def _nullable(schema_json: str) -> tuple[int, ...] | None:
    """Per field 1 where a byte says whether it is null; None for a schema with a field of another kind."""
    import json

    found = []
    for field in json.loads(schema_json)["fields"]:
        kind: Any = field["type"]
        union = isinstance(kind, list)
        kinds = [k if isinstance(k, str) else k.get("type") for k in (kind if union else [kind])]
        if union and (len(kinds) != 2 or kinds[0] != "null"):
            return None
        if kinds[-1] not in ("string", "int", "long", "float", "double", "boolean"):
            return None
        found.append(int(union))
    return tuple(found)
