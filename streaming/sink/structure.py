"""Which encoded records cannot be whole: found for a batch at a time, by walking all of them field by field at once.

It does not decode; it sees where each field would end. It is asked only when a batch holds something broken, to tell
the neighbours of a broken record from it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from streaming.sink.intake import Ints

Bools = npt.NDArray[np.bool_]
_WIDTHS = {"boolean": 1, "float": 4, "double": 8}


def well_formed(values: pa.BinaryArray, schema: dict[str, Any]) -> Bools:
    """Per value whether its fields end where it ends. True for all where the schema has fields of other kinds."""
    walk = _Walk(values)
    for field in schema["fields"]:
        kinds = field["type"] if isinstance(field["type"], list) else [field["type"]]
        names = [kind if isinstance(kind, str) else kind.get("type") for kind in kinds]
        here = np.ones(len(values), np.bool_)
        if len(names) > 1:
            if len(names) != 2 or names[0] != "null":
                return np.ones(len(values), np.bool_)
            branch = walk.byte(here)
            walk.require((branch == 0) | (branch == 2))
            walk.move(1, here)
            here = branch == 2
        if names[-1] in _WIDTHS:
            walk.move(_WIDTHS[names[-1]], here)
        elif names[-1] in ("int", "long"):
            walk.skip_number(here)
        elif names[-1] == "string":
            length = walk.number(here)
            walk.require((length >= 0) | ~here)
            walk.move(np.where(here, length, 0), here)
        else:
            return np.ones(len(values), np.bool_)
    return walk.whole()


class _Walk:
    """A place in each value; one that cannot go on stands at its value's end, and is not whole."""

    def __init__(self, values: pa.BinaryArray) -> None:
        _, bounds, data = values.buffers()
        offsets = np.frombuffer(bounds, np.int32)[values.offset : values.offset + len(values) + 1].astype(np.int64)
        self.at, self.end = offsets[:-1].copy(), offsets[1:]
        self.sound = np.ones(len(values), np.bool_)
        # Ten more bytes, so that looking ahead needs no bounds.
        self.data = np.concatenate([np.frombuffer(data or b"", np.uint8), np.zeros(10, np.uint8)])

    def byte(self, here: Bools, ahead: int = 0) -> npt.NDArray[np.uint8]:
        inside = self.at + ahead < self.end
        self.require(inside | ~here)
        return np.where(inside & here, self.data[np.minimum(self.at + ahead, len(self.data) - 1)], np.uint8(0))

    def skip_number(self, here: Bools) -> npt.NDArray[np.uint8]:
        """Go behind a zigzag varint; the ten bytes from its first on."""
        ahead = self.data[np.minimum(self.at, len(self.data) - 10)[:, None] + np.arange(10)]
        ends = ahead < 0x80
        size = ends.argmax(axis=1) + 1
        self.require((ends.any(axis=1) & (size <= self.end - self.at)) | ~here)
        self.move(size, here)
        return np.asarray(ahead, np.uint8)

    def number(self, here: Bools) -> Ints:
        """The same; what it says."""
        ahead = self.skip_number(here)
        if (ahead[:, 0] < 0x80).all():
            value = ahead[:, 0].astype(np.uint64)
        else:
            size = (ahead < 0x80).argmax(axis=1) + 1
            bits = np.where(np.arange(10) < size[:, None], ahead & 0x7F, 0).astype(np.uint64)
            value = np.bitwise_or.reduce(bits << (7 * np.arange(10, dtype=np.uint64)), axis=1)
        return (value >> np.uint64(1)).astype(np.int64) ^ -(value & np.uint64(1)).astype(np.int64)

    def move(self, by: Ints | int, here: Bools) -> None:
        self.require((by <= self.end - self.at) | ~here)
        self.at = np.where(here & self.sound, self.at + by, np.where(self.sound, self.at, self.end))

    def require(self, condition: Bools) -> None:
        self.sound &= condition

    def whole(self) -> Bools:
        return np.asarray(self.sound & (self.at == self.end), np.bool_)
