"""Mutations of a message, the kinds that networks, disks, careless producers and wicked ones make."""

from __future__ import annotations

import struct
from collections.abc import Callable
from random import Random

from chaos.fuzz.seeds import Stream
from millwright.wire import HEADER_BYTES, header

Message = tuple[bytes | None, bytes | None]  # key, value
_LENGTHS = (0, 1, -1, 63, 64, 2**31 - 1, 2**31, -(2**31), 2**63 - 1, -(2**63), 2**62)
_DOUBLES = (float("nan"), float("inf"), float("-inf"), -0.0, 5e-324, 1.7976931348623157e308, -1e9, 1e9)
_NO_TEXT = (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf8\x88\x80\x80\x80", b"\x80", b"\0", b"\xe2\x82", b"\xf4\x90")
_MICROS = (2**63 - 1, -(2**63), 253_402_300_800_000_000, -62_135_596_800_000_001, 0, 10**15, 1_772_323_500_000_001)


def mutated(stream: Stream, rng: Random) -> Message:
    """A sound message of the stream with one to three mutations, most of which break it."""
    _, key, value = rng.choice(stream.pool)
    message: Message = (key, value)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        message = rng.choice(_MUTATIONS)(stream, message, rng)
    return message


def zigzag(value: int) -> bytes:
    """Avro's number of up to 64 bits."""
    rest, out = ((value << 1) ^ (value >> 63)) & (2**64 - 1), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    return bytes(out) + bytes([rest])


def _on_value(change: Callable[[Stream, bytes, Random], bytes]) -> Callable[[Stream, Message, Random], Message]:
    return lambda stream, message, rng: (message[0], change(stream, message[1] or b"", rng))


def _flip(stream: Stream, value: bytes, rng: Random) -> bytes:
    data = bytearray(value)
    for _ in range(rng.randint(1, 4) if data else 0):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def _cut(stream: Stream, value: bytes, rng: Random) -> bytes:
    return value[: rng.randrange(len(value) + 1)]


def _longer(stream: Stream, value: bytes, rng: Random) -> bytes:
    other = rng.choice(stream.pool)[2]
    return value + rng.choice([b"\0", rng.randbytes(rng.randrange(1, 40)), other, other[HEADER_BYTES:], b"\0" * 64])


def _put(what: Callable[[Random], bytes], replaces: int) -> Callable[[Stream, bytes, Random], bytes]:
    """Put bytes at any place, over as many others as `replaces` says (-1: none or as many as are put)."""

    def put(stream: Stream, value: bytes, rng: Random) -> bytes:
        new, at = what(rng), rng.randrange(len(value) + 1)
        over = rng.choice((0, len(new))) if replaces < 0 else replaces
        return value[:at] + new + value[at + over :]

    return put


def _first_length(stream: Stream, value: bytes, rng: Random) -> bytes:
    """The length of the machine's name, just after the header: wrong, negative, huge, or padded."""
    length = value[HEADER_BYTES : HEADER_BYTES + 1]
    padded = bytes([length[0] | 0x80]) + b"\x80" * rng.randrange(10) + b"\0" if length and length[0] < 0x80 else b"\0"
    new = rng.choice([zigzag(rng.choice(_LENGTHS)), padded, b"\xff" * rng.randrange(1, 12) + b"\x01"])
    return value[:HEADER_BYTES] + new + value[HEADER_BYTES + 1 :]


def _header(stream: Stream, value: bytes, rng: Random) -> bytes:
    ids = [*stream.known, *stream.foreign_ids, 0, 2**31 - 1, 2**32 - 1, rng.randrange(2**32)]
    new = rng.choice([header(rng.choice(ids)), rng.randbytes(HEADER_BYTES), b"\x01" + value[1:HEADER_BYTES]])
    return new + value[HEADER_BYTES:]


def _swapped_tail(stream: Stream, value: bytes, rng: Random) -> bytes:
    other = rng.choice(stream.pool)[2]
    return value[: rng.randrange(len(value) + 1)] + other[rng.randrange(len(other)) :]


def _random_body(stream: Stream, value: bytes, rng: Random) -> bytes:
    return header(rng.choice(list(stream.known))) + rng.randbytes(rng.randrange(120))


def _key(stream: Stream, message: Message, rng: Random) -> Message:
    own = message[0] or b""
    return rng.choice([None, b"", b"m1", b"\xff\xfe", own + b"\0", own[:-1], own.upper(), b"x" * 5000]), message[1]


def _no_value(stream: Stream, message: Message, rng: Random) -> Message:
    return message[0], rng.choice([None, b""])


_MUTATIONS: tuple[Callable[[Stream, Message, Random], Message], ...] = (
    _on_value(_flip),
    _on_value(_flip),
    _on_value(_cut),
    _on_value(_longer),
    _on_value(_first_length),
    _on_value(_header),
    _on_value(_swapped_tail),
    _on_value(_random_body),
    _key,
    _no_value,
    _on_value(_put(lambda rng: rng.randbytes(rng.randrange(1, 9)), -1)),
    _on_value(_put(lambda rng: b"", 1)),  # a byte is missing
    _on_value(_put(lambda rng: zigzag(rng.choice(_LENGTHS)), -1)),
    _on_value(_put(lambda rng: struct.pack("<d", rng.choice(_DOUBLES)), 8)),
    _on_value(_put(lambda rng: rng.choice(_NO_TEXT), -1)),
    _on_value(_put(lambda rng: zigzag(rng.choice(_MICROS)), 8)),
)
