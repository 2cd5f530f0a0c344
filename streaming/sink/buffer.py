"""What has been read of one partition and not been published: first as it came, then judged and packed."""

from __future__ import annotations

import time
from concurrent.futures import Future
from dataclasses import dataclass, field

from streaming.sink.intake import Run
from streaming.sink.quarantine import Rejected
from streaming.sink.streams import Stream


@dataclass(frozen=True)
class Packed:
    """Records that have been judged: the accepted ones as a block, the others as they came."""

    accepted: int
    block: bytes
    rejected: list[Rejected]

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return len(self.block) + sum(200 + len(r.key or b"") + len(r.value or b"") for r in self.rejected)


@dataclass(frozen=True)
class Part:
    """Records that are being judged and packed."""

    stream: Stream
    next_offset: int  # behind the last record
    records: int
    append_min: int  # ms since 1970
    append_max: int
    packed: Future[Packed]
    raw_size: int  # bytes in memory before packing, about

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return self.packed.result().size if self.packed.done() else self.raw_size


@dataclass(frozen=True)
class Range:
    """What is to be published as one file: the partition's records from `start` up to `next_offset`."""

    partition: int
    start: int
    next_offset: int
    parts: list[Part]
    since: float | None = None  # monotonic time of the first record's arrival

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


@dataclass
class Buffer:
    """Records of one partition from `start` on.

    `next_offset` is the consumer's position: it may be beyond the last record's, for Kafka keeps offsets for itself.
    """

    partition: int
    start: int
    next_offset: int
    fresh: list[Run] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    since: float | None = None  # monotonic time of the first record's arrival

    @classmethod
    def at(cls, partition: int, offset: int) -> Buffer:
        """An empty buffer that goes on at an offset."""
        return cls(partition, start=offset, next_offset=offset)

    def add(self, run: Run) -> None:
        """Take records; those that lie before the position have been taken already and are left out."""
        if run.offsets[0] < self.next_offset:
            run = run.since(self.next_offset)
        if not len(run):
            return
        if self.since is None:
            self.since = time.monotonic()
        self.fresh.append(run)
        self.next_offset = int(run.offsets[-1]) + 1

    def skip_to(self, offset: int) -> None:
        """Nothing lies before this offset any more: control records and compacted ones leave holes."""
        self.next_offset = max(self.next_offset, offset)

    def unjudged(self) -> Run:
        """The records that are not in a part yet, at least one, as one run; they stay until `seal`."""
        self.fresh = [Run.joined(self.fresh)]
        return self.fresh[0]

    def seal(self, part: Part) -> None:
        """The unjudged records have become this part."""
        self.fresh.clear()
        self.parts.append(part)

    def cut(self) -> Range:
        """Take the parts out; what is left goes on behind them."""
        end = self.parts[-1].next_offset if self.fresh else self.next_offset
        found = Range(self.partition, self.start, end, self.parts, self.since)
        self.start, self.parts = end, []
        self.since = time.monotonic() if self.fresh else None
        return found

    def due(self, records: int, seconds: float, now: float) -> bool:
        """Whether it is to be published: by number of records, or by age, whichever comes first."""
        if self.since is None:
            return False
        return len(self) >= records or now - self.since >= seconds

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        return sum(run.size for run in self.fresh) + sum(part.size for part in self.parts)

    @property
    def unjudged_records(self) -> int:
        return sum(map(len, self.fresh))

    def __len__(self) -> int:
        return sum(part.records for part in self.parts) + self.unjudged_records
