"""Avro object containers at the level of bytes: metadata, and blocks of records that nobody has to decode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from backports import zstd

_MAGIC = b"Obj\x01"
_SYNC_BYTES = 16


class NotAContainer(ValueError):
    """The bytes do not begin as an Avro container does."""


def assemble(meta: Mapping[str, str], sync: bytes, blocks: bytes) -> bytes:
    """A container of blocks that were `framed` with the same `sync` (16 bytes)."""
    named = [sized(name.encode()) + sized(value.encode()) for name, value in meta.items()]
    return b"".join([_MAGIC, varint(len(meta)), *named, varint(0), sync, blocks])


def compress(records: bytes | memoryview, level: int) -> bytes:
    """What a block holds of encoded records: zstandard."""
    return zstd.compress(records, level)


def framed(count: int, packed: bytes, sync: bytes) -> bytes:
    """One block of `count` compressed records."""
    return b"".join([varint(count), varint(len(packed)), packed, sync])


def metadata(data: bytes) -> tuple[dict[str, bytes], int] | None:
    """Metadata of a container and where its blocks begin; None when `data` ends before that.

    Raises NotAContainer.
    """
    if data[:4] != _MAGIC[: len(data)]:
        raise NotAContainer
    reader, meta = _Reader(data, 4), dict[str, bytes]()
    try:
        while count := reader.long():
            if count < 0:  # then the block's size in bytes follows
                count = -count
                reader.long()
            for _ in range(count):
                key = reader.sized()
                meta[key.decode()] = reader.sized()
        reader.take(_SYNC_BYTES)
    except EOFError:
        return None
    return meta, reader.at


def blocks(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The blocks of a whole zstandard-compressed container from position `at`: records in each, and their bytes.

    Raises EOFError when the last one is cut.
    """
    reader = _Reader(data, at)
    while reader.at < len(data):
        count = reader.long()
        yield count, zstd.decompress(reader.sized())
        reader.take(_SYNC_BYTES)


class _Reader:
    """Reads Avro's longs and byte strings; raises EOFError at the end."""

    def __init__(self, data: bytes, at: int) -> None:
        self.data, self.at = data, at

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise EOFError
        self.at += size
        return self.data[self.at - size : self.at]

    def long(self) -> int:
        value = shift = 0
        while True:
            [byte] = self.take(1)
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def sized(self) -> bytes:
        return self.take(self.long())


def varint(value: int) -> bytes:
    """Avro's zigzag varint."""
    rest, out = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def sized(data: bytes) -> bytes:
    """Bytes as Avro writes them, behind their length."""
    return varint(len(data)) + data
