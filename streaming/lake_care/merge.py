"""Several bronze files that follow each other as one, each record byte for byte as it was."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from millwright import avro_container, bronze
from millwright.bronze import Header

_BLOCK_RECORDS = 20_000
_ZSTD_LEVEL = 6  # written once, read often: a sixth smaller than the sink's level, at a third of its speed


def merge(files: Sequence[bytes]) -> tuple[Header, bytes]:
    """One file of at least two of one partition and schema, in order and without a gap; its header, and its content.

    Blocks are unpacked and packed again, in larger ones; what lies in them is not looked at. Raises ValueError when
    the files do not follow each other, or their schemas differ.
    """
    headers = [header for data in files if (header := bronze.read_header(data, "file")) is not None]
    schemas = {bronze.schema_of(data) for data in files}
    header = _merged(headers)
    if len(schemas) > 1:
        raise ValueError("files of different schemas cannot be one")
    sync = hashlib.blake2b(f"{header.topic}/{header.partition}/compacted".encode(), digest_size=16).digest()
    packed = ((count, avro_container.compress(content, _ZSTD_LEVEL)) for count, content in _larger(_blocks(files)))
    blocks = b"".join(avro_container.framed(count, content, sync) for count, content in packed)
    return header, bronze.container(schemas.pop(), header, sync, blocks)


def _merged(headers: Sequence[Header]) -> Header:
    first, last = headers[0], headers[-1]
    for before, after in itertools.pairwise(headers):
        if (before.topic, before.partition, before.next_offset) != (after.topic, after.partition, after.first_offset):
            raise ValueError(f"offset {before.next_offset} is followed by {after.first_offset}")
    rejected: Counter[str] = Counter()
    for header in headers:
        rejected.update(header.rejected)
    return Header(
        topic=first.topic,
        partition=first.partition,
        first_offset=first.first_offset,
        next_offset=last.next_offset,
        schema_id=first.schema_id,
        accepted=sum(header.accepted for header in headers),
        rejected=dict(sorted(rejected.items())),
        append_min=min((h.append_min for h in headers if h.append_min is not None), default=None),
        append_max=max((h.append_max for h in headers if h.append_max is not None), default=None),
        quarantine=None,
        quarantine_sha256=None,
        parts=tuple(part for header in headers for part in header.ranges),
    )


def _blocks(files: Sequence[bytes]) -> Iterator[tuple[int, bytes]]:
    for data in files:
        found = avro_container.metadata(data)
        assert found is not None, "its header was read"
        yield from avro_container.blocks(data, found[1])


def _larger(blocks: Iterator[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    records, gathered = 0, list[bytes]()
    for count, content in blocks:
        records += count
        gathered.append(content)
        if records >= _BLOCK_RECORDS:
            yield records, b"".join(gathered)
            records, gathered = 0, []
    if gathered:
        yield records, b"".join(gathered)
