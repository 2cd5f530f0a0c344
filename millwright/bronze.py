"""Bronze files: Avro object containers whose records keep the bytes they had in Kafka, behind their position there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro
from backports import zstd

from millwright.contracts import Contract
from millwright.errors import MillwrightError

_MAGIC = b"Obj\x01"
_KEY = "millwright."
_BLOCK_RECORDS = 20_000
_ZSTD_LEVEL = 1  # the quickest: the sink is bound by the processor, not by the disk

POSITION: list[dict[str, Any]] = [
    {"name": "_partition", "type": "int", "doc": "Kafka partition."},
    {"name": "_offset", "type": "long", "doc": "Kafka offset."},
    {
        "name": "_append_time",
        "type": {"type": "long", "logicalType": "timestamp-millis"},
        "doc": "When the broker took it.",
    },
]
# An int and a long, a time stamp and a long are the same bytes in Avro.
_POSITION_AS_LONGS = json.dumps(
    {"type": "record", "name": "Position", "fields": [{"name": f["name"], "type": "long"} for f in POSITION]}
)
_POSITION_ARROW = pa.schema([pa.field(f["name"], pa.int64(), nullable=False) for f in POSITION])


@dataclass(frozen=True)
class Header:
    """What a bronze file says of itself: one partition's range of offsets, and what became of each record in it."""

    topic: str
    partition: int
    first_offset: int
    next_offset: int  # where the next file begins; offsets between that no record has are Kafka's own
    schema_id: int
    accepted: int  # records in this file
    rejected: dict[str, int]  # by reason; they lie in the quarantine object
    append_min: int | None  # ms since 1970, of all records of the range
    append_max: int | None
    quarantine: str | None  # key of the quarantine object
    quarantine_sha256: str | None


@dataclass(frozen=True)
class Records:
    """Accepted records in order of offset: Avro bodies in the file's schema, without the wire format's header."""

    offsets: pa.Int64Array
    append_times: pa.Int64Array  # ms since 1970
    bodies: pa.BinaryArray


def file_schema(contract: Contract) -> dict[str, Any]:
    """The contract's record with the position before its own fields."""
    return {**contract.avro, "fields": [*POSITION, *contract.avro["fields"]]}


def write(contract: Contract, header: Header, records: Records) -> bytes:
    """A bronze file, zstandard-compressed; readable by any Avro library that knows that codec."""
    sync = hashlib.blake2b(f"{header.topic}/{header.partition}/{header.first_offset}".encode(), digest_size=16).digest()
    blocks = b"".join(_blocks(header.partition, records, sync))
    meta = {
        "avro.schema": json.dumps(file_schema(contract), ensure_ascii=False),
        "avro.codec": "zstandard",
        _KEY + "sha256": json.dumps(hashlib.sha256(blocks).hexdigest()),
        **{_KEY + name: json.dumps(value) for name, value in header.__dict__.items()},
    }
    out = bytearray(_MAGIC + _long(len(meta)))
    for name, value in meta.items():
        out += _sized(name.encode()) + _sized(value.encode())
    return bytes(out + _long(0) + sync + blocks)


def _blocks(partition: int, records: Records, sync: bytes) -> Iterator[bytes]:
    for start in range(0, len(records.offsets), _BLOCK_RECORDS):
        offsets = _copied(records.offsets.slice(start, _BLOCK_RECORDS))
        append_times = _copied(records.append_times.slice(start, _BLOCK_RECORDS))
        partitions = pa.repeat(pa.scalar(partition, pa.int64()), len(offsets))
        batch = pa.RecordBatch.from_arrays([partitions, offsets, append_times], schema=_POSITION_ARROW)
        [positions] = pyruhvro.serialize_record_batch(batch, _POSITION_AS_LONGS, 1)
        whole = pc.binary_join_element_wise(positions, records.bodies.slice(start, _BLOCK_RECORDS), b"")
        packed = zstd.compress(b"".join(whole.to_pylist()), _ZSTD_LEVEL)
        yield _long(len(offsets)) + _sized(packed) + sync


def _copied(array: pa.Array) -> pa.Array:
    """pyruhvro is given whole arrays, never a view with an offset."""
    return pa.concat_arrays([array])


def read_header(data: bytes, name: str) -> Header | None:
    """The header of a bronze file from its first bytes; None when there are too few of them.

    Raises MillwrightError naming the file when it is not a bronze file.
    """
    if (found := _metadata(data, name)) is None:
        return None
    meta, _ = found
    try:
        return Header(**{field: json.loads(meta[_KEY + field]) for field in Header.__dataclass_fields__})
    except KeyError as error:
        raise _damaged(name, f"its header lacks {error}") from None


def verify(data: bytes, name: str) -> Header:
    """The header of a whole file, held against its content.

    Raises MillwrightError naming the file when its checksum, its count or its offsets are not what the header says.
    """
    header, found = read_header(data, name), _metadata(data, name)
    if header is None or found is None:
        raise _damaged(name, "it ends in its header")
    meta, end = found
    if hashlib.sha256(memoryview(data)[end:]).hexdigest() != json.loads(meta[_KEY + "sha256"]):
        raise _damaged(name, "its checksum differs")
    offsets = [row["_offset"] for row in read(data)]
    if len(offsets) != header.accepted or offsets != sorted(set(offsets)):
        raise _damaged(name, "it does not hold the records that its header counts")
    if offsets and not header.first_offset <= offsets[0] <= offsets[-1] < header.next_offset:
        raise _damaged(name, "it holds offsets outside its range")
    return header


def read(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a bronze file, their position first."""
    return iter(fastavro.reader(io.BytesIO(data)))


def _metadata(data: bytes, name: str) -> tuple[dict[str, bytes], int] | None:
    """Metadata of a container and where its blocks begin; None when `data` ends before that."""
    if data[:4] != _MAGIC[: len(data)]:
        raise _damaged(name, "it is not an Avro container")
    reader, meta = _Reader(data, 4), dict[str, bytes]()
    try:
        while count := reader.long():
            if count < 0:  # then the block's size in bytes follows
                count = -count
                reader.long()
            for _ in range(count):
                key = reader.sized()
                meta[key.decode()] = reader.sized()
        reader.take(16)
    except EOFError:
        return None
    return meta, reader.at


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


def _long(value: int) -> bytes:
    """Avro's zigzag varint."""
    rest, out = (value << 1) ^ (value >> 63), bytearray()
    while rest > 0x7F:
        out.append(rest & 0x7F | 0x80)
        rest >>= 7
    out.append(rest)
    return bytes(out)


def _sized(data: bytes) -> bytes:
    return _long(len(data)) + data


def _damaged(name: str, why: str) -> MillwrightError:
    return MillwrightError(f"The bronze file {name} is damaged: {why}.", "Put it back from a backup.")
