"""Which encoded records cannot be whole: found by walking each field by field, in code that Numba compiles.

It does not decode; it sees where each field would end. It is asked only when a batch holds something broken, to tell
the neighbours of a broken record from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit, types

from streaming.sink.intake import Bools

_WIDTHS = {"boolean": 1, "float": 4, "double": 8}
_NUMBER, _TEXT = 0, -1  # in the place of a width
_VARINT_BYTES = 10  # of the longest


def well_formed(values: pa.BinaryArray, schema: dict[str, Any]) -> Bools:
    """Per value whether its fields end where it ends. True for all where the schema has fields of other kinds."""
    widths, nullable = [], []
    for field in schema["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        names = [kind if isinstance(kind, str) else kind.get("type") for kind in kinds]
        if len(names) > 1 and (len(names) != 2 or names[0] != "null"):
            return np.ones(len(values), np.bool_)
        if names[-1] not in (*_WIDTHS, "int", "long", "string"):
            return np.ones(len(values), np.bool_)
        widths.append(_TEXT if names[-1] == "string" else _WIDTHS.get(names[-1], _NUMBER))
        nullable.append(len(names) > 1)
    _, bounds, data = values.buffers()
    ends = np.frombuffer(bounds, np.int32)[values.offset : values.offset + len(values) + 1]
    content = np.frombuffer(data or b"", np.uint8)
    return np.asarray(_walked(content, ends, np.array(widths, np.int64), np.array(nullable, np.bool_)), np.bool_)


_BYTES, _BOUNDS = types.Array(types.uint8, 1, "C", readonly=True), types.Array(types.int32, 1, "C", readonly=True)


@njit(types.boolean[::1](_BYTES, _BOUNDS, types.int64[::1], types.boolean[::1]), nogil=True, cache=True)
def _walked(data: Any, ends: Any, widths: Any, nullable: Any) -> Any:
    whole = np.zeros(len(ends) - 1, np.bool_)
    for i in range(len(whole)):
        at, end = np.int64(ends[i]), np.int64(ends[i + 1])
        sound: Any = True
        for field in range(len(widths)):
            if nullable[field]:
                sound = at < end and (data[at] == 0 or data[at] == 2)
                if not sound:
                    break
                at += 1
                if data[at - 1] == 0:
                    continue
            size = widths[field]
            if size <= 0:
                value, place = np.uint64(0), 0
                while place < _VARINT_BYTES and at + place < end:
                    value |= np.uint64(data[at + place] & 0x7F) << np.uint64(7 * place)
                    place += 1
                    if data[at + place - 1] < 0x80:
                        break
                sound = place > 0 and data[at + place - 1] < 0x80
                at += place
                size = np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)) if size == _TEXT else 0
            sound = sound and 0 <= size <= end - at
            if not sound:
                break
            at += size
        whole[i] = sound and at == end
    return whole
