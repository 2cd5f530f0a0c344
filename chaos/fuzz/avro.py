"""Avro's binary encoding, read strictly and plainly: what the specification does not allow is no record."""

from __future__ import annotations

import struct
from typing import Any


def strict(body: bytes, fields: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The values of a record of these fields that fills `body` to its end, None if there is none.

    A number may be padded up to the ten bytes that 64 bits take, and bits beyond the 64th are dropped, as Avro's own
    library does. An int beyond 32 bits, a boolean other than 0 and 1, a union's branch that is not there and text that
    is no UTF-8 are refused.
    """
    reader = _Strict(body)
    try:
        row = {field["name"]: reader.value(field["type"]) for field in fields}
    except (ValueError, IndexError, struct.error):
        return None
    return row if reader.at == len(body) else None


class _Strict:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def value(self, kind: Any) -> Any:
        if isinstance(kind, list):
            return self.value(kind[self.index(len(kind))])
        match kind["type"] if isinstance(kind, dict) else kind:
            case "null":
                return None
            case "boolean":
                return (False, True)[self.take(1)[0]]
            case "int":
                return self.number(31)
            case "long":
                return self.number(63)
            case "float":
                return struct.unpack("<f", self.take(4))[0]
            case "double":
                return struct.unpack("<d", self.take(8))[0]
            case "string":
                return self.take(self.number(63)).decode()
        raise AssertionError(f"no contract has a field of type {kind}")

    def index(self, count: int) -> int:
        branch = self.number(31)
        if not 0 <= branch < count:
            raise ValueError
        return branch

    def number(self, bits: int) -> int:
        raw = 0
        for place in range(10):
            [byte] = self.take(1)
            raw |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                raw &= 2**64 - 1
                value = (raw >> 1) ^ -(raw & 1)
                if not -(2**bits) <= value < 2**bits:
                    raise ValueError
                return value
        raise ValueError

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise ValueError
        self.at += size
        return self.data[self.at - size : self.at]
