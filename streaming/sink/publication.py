"""One range of a partition into the lake: the quarantine object first, then the bronze file, which is the commit."""

from __future__ import annotations

import hashlib
import uuid
from collections import Counter
from dataclasses import dataclass

from millwright import bronze
from millwright.contracts import Contract
from millwright.failpoints import failpoint
from millwright.lake import bronze_key, is_replaced, quarantine_key
from millwright.store import Store
from streaming.sink import quarantine
from streaming.sink.buffer import Buffer
from streaming.sink.judge import Judged


@dataclass(frozen=True)
class Stream:
    """What the sink knows of a stream: the contract, and the registry's id of its schema."""

    contract: Contract
    schema_id: int


def publish_range(
    store: Store, stream: Stream, partition: int, buffer: Buffer, judged: Judged
) -> tuple[str, bronze.Header] | None:
    """Publish what was read of a partition, at least one record; the file's key and header.

    None when another worker has published from this offset already, be it that compaction or retention has removed
    what it published since: then the buffer is void, whatever is in it.
    """
    topic, first_append = stream.contract.topic, buffer.append_times[0]
    name = digest = None
    if judged.rejected:
        name = quarantine_key(topic, partition, first_append, buffer.start, uuid.uuid4().hex)
        data = quarantine.encode(buffer, judged.rejected)
        digest = hashlib.sha256(data).hexdigest()
        failpoint("sink.before_quarantine")
        store.create(name, data, "quarantine")
        failpoint("sink.after_quarantine")
    header = bronze.Header(
        topic=topic,
        partition=partition,
        first_offset=buffer.start,
        next_offset=buffer.next_offset,
        schema_id=stream.schema_id,
        accepted=len(judged.accepted.offsets),
        rejected=dict(sorted(Counter(judged.rejected.values()).items())),
        append_min=min(buffer.append_times),
        append_max=max(buffer.append_times),
        quarantine=name,
        quarantine_sha256=digest,
    )
    key = bronze_key(topic, partition, buffer.start)
    data = bronze.write(stream.contract, header, judged.accepted)
    failpoint("sink.before_write")
    if not store.create(key, data, "sink") or is_replaced(store, topic, partition, buffer.start):
        return None
    return key, header
