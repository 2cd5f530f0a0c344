"""Bronze files: Avro object containers whose records keep the bytes they had in Kafka, behind their position there."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, dataclass
from typing import Any

import fastavro
import pyarrow as pa
import pyarrow.compute as pc
import pyruhvro

from millwright import avro_container
from millwright.contracts import Contract
from millwright.errors import MillwrightError

_KEY = "millwright."
BLOCK_RECORDS = 20_000
# The sink is bound by the processor: half the time of level 1 for a tenth more bytes; compaction packs them smaller.
_ZSTD_LEVEL = -3

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
class Part:
    """One range of a partition's offsets as the sink published it, and what became of each record in it."""

    first_offset: int
    next_offset: int  # where the next one begins; offsets between that no record has are Kafka's own
    accepted: int  # records in the file
    rejected: dict[str, int]  # by reason; they lie in the quarantine object
    append_min: int | None  # ms since 1970, of all records of the range
    append_max: int | None
    quarantine: str | None  # key of the quarantine object
    quarantine_sha256: str | None


@dataclass(frozen=True)
class Header:
    """What a bronze file says of itself: its range of one partition, as `Part` has it, and more.

    A compacted file names what it was made of in `parts`, and leaves the quarantine objects to them.
    """

    topic: str
    partition: int
    first_offset: int
    next_offset: int
    schema_id: int
    accepted: int
    rejected: dict[str, int]
    append_min: int | None
    append_max: int | None
    quarantine: str | None
    quarantine_sha256: str | None
    parts: tuple[Part, ...] = ()  # two at least, or none
    gap: str | None = None  # why the records of this range will never be landed
    repaired: dict[str, int] | None = None  # of mended records: by the reason for which they lay in quarantine

    @property
    def ranges(self) -> tuple[Part, ...]:
        """What it was published as: its parts, or itself."""
        return self.parts or (Part(*(getattr(self, name) for name in Part.__dataclass_fields__)),)


_OPTIONAL = {name for name, field in Header.__dataclass_fields__.items() if field.default is not MISSING}


@dataclass(frozen=True)
class Records:
    """Accepted records in order of offset: Avro bodies in the file's schema, without the wire format's header."""

    offsets: pa.Int64Array
    append_times: pa.Int64Array  # ms since 1970
    bodies: pa.BinaryArray

    def slice(self, start: int, count: int) -> Records:
        """Some of them, copied: pyruhvro is given whole arrays, never a view with an offset."""
        columns = (self.offsets, self.append_times, self.bodies)
        return Records(*(pa.concat_arrays([column.slice(start, count)]) for column in columns))


def file_schema(contract: Contract) -> dict[str, Any]:
    """The contract's record with the position before its own fields."""
    return {**contract.avro, "fields": [*POSITION, *contract.avro["fields"]]}


@dataclass(frozen=True)
class Block:
    """Records of a file, in Avro and compressed."""

    records: int
    packed: bytes


def write(contract: Contract, header: Header, records: Records) -> bytes:
    """A bronze file, zstandard-compressed; readable by any Avro library that knows that codec."""
    parts = (records.slice(start, BLOCK_RECORDS) for start in range(0, len(records.offsets), BLOCK_RECORDS))
    blocks = (Block(len(part.offsets), compress(positioned(header.partition, part))) for part in parts)
    return assemble(contract, header, blocks)


def assemble(contract: Contract, header: Header, blocks: Iterable[Block]) -> bytes:
    """A bronze file of blocks whose records follow one another."""
    sync = hashlib.blake2b(f"{header.topic}/{header.partition}/{header.first_offset}".encode(), digest_size=16).digest()
    packed = b"".join(avro_container.framed(block.records, block.packed, sync) for block in blocks)
    return container(json.dumps(file_schema(contract), ensure_ascii=False), header, sync, packed)


def write_gap(topic: str, partition: int, first_offset: int, next_offset: int, reason: str) -> bytes:
    """A file without records that stands for a range which will never be landed, and says why."""
    header = gap_header(topic, partition, first_offset, next_offset, reason)
    schema = {"type": "record", "name": "Gap", "namespace": "millwright", "fields": POSITION}
    return container(json.dumps(schema), header, bytes(16), b"")


def gap_header(topic: str, partition: int, first_offset: int, next_offset: int, reason: str) -> Header:
    return Header(topic, partition, first_offset, next_offset, 0, 0, {}, None, None, None, None, gap=reason)


def container(schema: str, header: Header, sync: bytes, blocks: bytes) -> bytes:
    """A bronze file of blocks that `avro_container.framed` made, whose records follow `schema` (JSON)."""
    said = {name: value for name, value in header.__dict__.items() if value or name not in _OPTIONAL}
    meta = {
        "avro.schema": schema,
        "avro.codec": "zstandard",
        _KEY + "sha256": json.dumps(hashlib.sha256(blocks).hexdigest()),
        **{_KEY + name: json.dumps(value, default=vars) for name, value in said.items()},
    }
    return avro_container.assemble(meta, sync, blocks)


def positioned(partition: int, records: Records) -> pa.Buffer:
    """The records as a block holds them, one after another, each behind its position; not yet compressed."""
    partitions = pa.repeat(pa.scalar(partition, pa.int64()), len(records.offsets))
    columns = [partitions, records.offsets, records.append_times]
    batch = pa.RecordBatch.from_arrays(columns, schema=_POSITION_ARROW)
    [positions] = pyruhvro.serialize_record_batch(batch, _POSITION_AS_LONGS, 1)
    whole = pc.binary_join_element_wise(positions, records.bodies, b"")
    _, bounds, data = whole.buffers()
    return data[: memoryview(bounds).cast("i")[len(whole)]] if data is not None else pa.py_buffer(b"")


def compress(block: pa.Buffer) -> bytes:
    return avro_container.compress(memoryview(block), _ZSTD_LEVEL)


def read_header(data: bytes, name: str) -> Header | None:
    """The header of a bronze file from its first bytes; None when there are too few of them.

    Raises MillwrightError naming the file when it is not a bronze file.
    """
    if (found := _metadata(data, name)) is None:
        return None
    meta, _ = found
    wanted = [name for name in Header.__dataclass_fields__ if name not in _OPTIONAL or _KEY + name in meta]
    try:
        said = {name: json.loads(meta[_KEY + name]) for name in wanted}
        return Header(**{**said, "parts": tuple(Part(**part) for part in said.get("parts", ()))})
    except KeyError as error:
        raise _damaged(name, f"its header lacks {error}") from None
    except (TypeError, ValueError):
        raise _damaged(name, "its header cannot be read") from None


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
    offsets = pa.chunked_array([batch["_offset"] for batch in batches(data)], pa.int64()).to_numpy()
    if len(offsets) != header.accepted or (offsets[1:] <= offsets[:-1]).any():
        raise _damaged(name, "it does not hold the records that its header counts")
    if len(offsets) and not header.first_offset <= offsets[0] <= offsets[-1] < header.next_offset:
        raise _damaged(name, "it holds offsets outside its range")
    return header


def batches(data: bytes) -> Iterator[pa.RecordBatch]:
    """The records of a bronze file as Arrow, a block at a time, their position first."""
    found = avro_container.metadata(data)
    assert found is not None, "the file ends in its header"
    meta, at = found
    # A block is what Avro makes of an array's items, so that all of it is decoded in one go.
    items = {"type": "array", "items": json.loads(meta["avro.schema"])}
    block = json.dumps({"type": "record", "name": "Block", "fields": [{"name": "records", "type": items}]})
    for count, records in avro_container.blocks(data, at):
        whole = pyruhvro.deserialize_array([avro_container.varint(count) + records + b"\0"], block)
        yield pa.RecordBatch.from_struct_array(whole["records"].values)


def schema_of(data: bytes) -> str:
    """The Avro schema of a bronze file's records, as it stands in the file."""
    found = avro_container.metadata(data)
    assert found is not None, "the file ends in its header"
    return found[0]["avro.schema"].decode()


def read(data: bytes) -> Iterator[dict[str, Any]]:
    """The records of a bronze file, their position first."""
    return iter(fastavro.reader(io.BytesIO(data)))


def _metadata(data: bytes, name: str) -> tuple[dict[str, bytes], int] | None:
    try:
        return avro_container.metadata(data)
    except avro_container.NotAContainer:
        raise _damaged(name, "it is not an Avro container") from None
    except ValueError:
        raise _damaged(name, "its header cannot be read") from None


def _damaged(name: str, why: str) -> MillwrightError:
    return MillwrightError(f"The bronze file {name} is damaged: {why}.", "Put it back from a backup.")
