"""What one partition's worker has read and not yet published."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

_OVERHEAD_BYTES = 200  # two byte strings, two numbers and four references


@dataclass
class Buffer:
    """Consumed records of one partition from `start` on; lists side by side, in order of offset.

    `next_offset` is the consumer's position: it may be beyond the last record's, for Kafka keeps offsets for itself.
    """

    start: int
    next_offset: int
    offsets: list[int] = field(default_factory=list)
    append_times: list[int] = field(default_factory=list)  # ms since 1970, the broker's clock
    keys: list[bytes | None] = field(default_factory=list)
    values: list[bytes | None] = field(default_factory=list)
    size: int = 0  # bytes in memory, about
    since: float | None = None  # monotonic time of the first record's arrival

    @classmethod
    def at(cls, offset: int) -> Buffer:
        """An empty buffer that goes on at an offset."""
        return cls(start=offset, next_offset=offset)

    def add(self, offset: int, append_time: int, key: bytes | None, value: bytes | None) -> None:
        """Take one record; one that lies before the position has been taken already and is left out."""
        if offset < self.next_offset:
            return
        if self.since is None:
            self.since = time.monotonic()
        self.offsets.append(offset)
        self.append_times.append(append_time)
        self.keys.append(key)
        self.values.append(value)
        self.size += len(key or b"") + len(value or b"") + _OVERHEAD_BYTES
        self.next_offset = offset + 1

    def skip_to(self, offset: int) -> None:
        """Nothing lies before this offset any more: control records and compacted ones leave holes."""
        self.next_offset = max(self.next_offset, offset)

    def due(self, records: int, seconds: float, now: float) -> bool:
        """Whether it is to be published: by number of records, or by age, whichever comes first."""
        if self.since is None:
            return False
        return len(self.offsets) >= records or now - self.since >= seconds

    def __len__(self) -> int:
        return len(self.offsets)
