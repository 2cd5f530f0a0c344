"""One range of a partition into the lake: the quarantine object first, then the bronze file, which is the commit."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import Counter
from dataclasses import dataclass

from millwright import bronze
from millwright.failpoints import failpoint
from millwright.lake import bronze_key, is_replaced, quarantine_key
from millwright.store import Store
from streaming.sink import metrics, quarantine
from streaming.sink.buffer import Range


@dataclass(frozen=True)
class Published:
    """A file that is in the lake."""

    key: str
    header: bronze.Header
    size: int  # bytes


def publish_range(store: Store, found: Range) -> Published | None:
    """Publish what was read of a partition, at least one record, once all of it is judged and packed.

    None when another worker has published from this offset already, be it that compaction or retention has removed
    what it published since: then the range is void, whatever is in it.
    """
    begun, stream = time.monotonic(), found.parts[0].stream
    topic = stream.contract.topic
    packed = [part.packed.result() for part in found.parts]
    name = digest = None
    if rejected := [record for part in packed for record in part.rejected]:
        name = quarantine_key(topic, found.partition, found.parts[0].append_min, found.start, uuid.uuid4().hex)
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
        accepted=sum(part.accepted for part in packed),
        rejected=dict(sorted(Counter(record.reason for record in rejected).items())),
        append_min=min(part.append_min for part in found.parts),
        append_max=max(part.append_max for part in found.parts),
        quarantine=name,
        quarantine_sha256=digest,
    )
    key = bronze_key(topic, found.partition, found.start)
    blocks = (bronze.Block(part.accepted, part.block) for part in packed if part.accepted)
    data = bronze.assemble(stream.contract, header, blocks)
    failpoint("sink.before_write")
    if not store.create(key, data, "sink") or is_replaced(store, topic, found.partition, found.start):
        metrics.refused(topic)
        return None
    metrics.published(header, len(data), time.monotonic() - begun)
    return Published(key, header, len(data))
