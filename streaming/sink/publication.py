"""One range of a partition into the lake: the quarantine object first, then the bronze file, which is the commit."""

from __future__ import annotations

import hashlib
import uuid

from millwright import bronze
from millwright.failpoints import failpoint
from millwright.lake import bronze_key, is_replaced, quarantine_key
from millwright.store import Store
from streaming.sink import quarantine
from streaming.sink.buffer import Range


def publish_range(store: Store, found: Range) -> tuple[str, bronze.Header] | None:
    """Publish what was read of a partition, at least one record; the file's key and header.

    None when another worker has published from this offset already, be it that compaction or retention has removed
    what it published since: then the range is void, whatever is in it.
    """
    stream, first_append = found.parts[0].stream, found.parts[0].append_first
    topic = stream.contract.topic
    name = digest = None
    if rejected := [record for part in found.parts for record in part.rejected]:
        name = quarantine_key(topic, found.partition, first_append, found.start, uuid.uuid4().hex)
        data = quarantine.encode(rejected)
        digest = hashlib.sha256(data).hexdigest()
        failpoint("sink.before_quarantine")
        store.create(name, data, "quarantine")
        failpoint("sink.after_quarantine")
    header = bronze.Header(
        topic=topic,
        partition=found.partition,
        first_offset=found.start,
        next_offset=found.next_offset,
        schema_id=stream.schema_id,
        accepted=sum(part.accepted for part in found.parts),
        rejected=dict(sorted(found.reasons.items())),
        append_min=min(part.append_min for part in found.parts),
        append_max=max(part.append_max for part in found.parts),
        quarantine=name,
        quarantine_sha256=digest,
    )
    key = bronze_key(topic, found.partition, found.start)
    blocks = (bronze.Block(part.accepted, part.block.result()) for part in found.parts if part.block)
    data = bronze.assemble(stream.contract, header, blocks)
    failpoint("sink.before_write")
    if not store.create(key, data, "sink") or is_replaced(store, topic, found.partition, found.start):
        return None
    return key, header
