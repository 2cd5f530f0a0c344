"""One partition on its way to the lake: what has been read, what is being published, and whether it has to wait.

Judging, packing and publishing are done in a pool's threads, while the worker reads on. Ranges of a partition are
published one after another; a range that cannot be published for now is kept, and nothing is published past it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from millwright import bronze
from millwright.errors import Unavailable
from millwright.registry import Registered
from millwright.settings import settings
from millwright.store import Store
from streaming.sink.buffer import Buffer, Packed, Part, Range
from streaming.sink.intake import Run
from streaming.sink.judge import Headed, headed, judge
from streaming.sink.position import Partition
from streaming.sink.publication import Published, publish_range
from streaming.sink.quarantine import Rejected
from streaming.sink.streams import Stream, Streams

_BACK_OFF_SECONDS = 30.0


@dataclass
class Wait:
    """A partition that cannot go on for now is tried again with longer and longer breaks."""

    until: float  # monotonic
    pause: float


@dataclass(frozen=True)
class Lake:
    """Where ranges go to: `verify` raises when the partition's topic is not the one whose chain is lengthened."""

    store: Store
    pool: Executor
    verify: Callable[[Partition], None]

    def publish(self, partition: Partition, range_: Range) -> Published | None:
        """Publish a range after a look at the topic, now that its records have been read."""
        self.verify(partition)
        return publish_range(self.store, range_)


def pack(number: int, run: Run, heads: Headed, stream: Stream, known: Mapping[int, Registered]) -> Packed:
    """Judge a partition's records, and make a block of those that are accepted."""
    found = judge(run, heads, stream.contract, stream.schema_id, known, settings().future_tolerance_seconds)
    accepted, rejected = found.accepted, found.rejected
    wrong = [
        Rejected(int(run.offsets[i]), int(run.append_times[i]), rejected[i], run.keys[i].as_py(), run.values[i].as_py())
        for i in sorted(rejected)
    ]
    count = len(accepted.offsets)
    return Packed(count, bronze.compress(bronze.positioned(number, accepted)) if count else b"", wrong)


class Lane:
    """A partition that goes on at an offset. Not to be shared between threads."""

    def __init__(self, partition: Partition, offset: int, streams: Streams, lake: Lake) -> None:
        self.partition = partition
        self.buffer = Buffer.at(partition[1], offset)
        self.waiting: Wait | None = None
        self._streams, self._lake = streams, lake
        self._under_way: tuple[Range, Future[Published | None]] | None = None
        self._held: Range | None = None

    @property
    def published_up_to(self) -> int:
        """Everything before this offset is published."""
        if first := self._first:
            return first.start
        return self.buffer.start if len(self.buffer) else self.buffer.next_offset

    @property
    def since(self) -> float | None:
        """When the oldest record that is not published was read, as a monotonic time."""
        return first.since if (first := self._first) else self.buffer.since

    @property
    def _first(self) -> Range | None:
        return self._held or (self._under_way[0] if self._under_way else None)

    @property
    def size(self) -> int:
        """Bytes in memory, about."""
        ranges = [self._held, self._under_way[0] if self._under_way else None]
        return self.buffer.size + sum(found.size for found in ranges if found)

    @property
    def packing(self) -> list[Future[Packed]]:
        """What is being judged and packed; a good part of its memory is free when it is done."""
        return [part.packed for part in self.buffer.parts if not part.packed.done()]

    @property
    def busy(self) -> Future[Published | None] | None:
        """A publication that is under way."""
        return self._under_way[1] if self._under_way else None

    def take(self, run: Run) -> None:
        """Take what was read. Raises as `seal` does, and has taken it then."""
        self.buffer.add(run)
        if self.waiting is None and self.buffer.unjudged_records >= bronze.BLOCK_RECORDS:
            self.seal()

    def seal(self) -> None:
        """Have judged what has not been judged. Raises Unavailable when the registry is away and a schema is not known.

        A file has one schema: where the contract has changed, what was judged before is published first, by itself.
        """
        if not self.buffer.fresh:
            return
        run = self.buffer.unjudged()
        heads = headed(run)
        stream, known = self._streams.knowing(self.partition[0], set(heads.by_schema))
        if self.buffer.parts and self.buffer.parts[-1].stream != stream:
            if self._under_way is None and self._held is None:
                self._submit(self.buffer.cut())
            return
        part = Part(
            stream=stream,
            next_offset=int(run.offsets[-1]) + 1,
            records=len(run),
            append_min=int(run.append_times.min()),
            append_max=int(run.append_times.max()),
            packed=self._lake.pool.submit(pack, self.partition[1], run, heads, stream, known),
            raw_size=run.size,
        )
        self.buffer.seal(part)

    def publish(self) -> bool:
        """Begin to publish what has been read; False where there is nothing, or a publication is under way.

        Raises as `seal` does.
        """
        if self._under_way:
            return False
        if self._held:
            self._submit(self._held)
            return True
        if not len(self.buffer):
            return False
        self.seal()
        if not self._under_way:  # the seal may have begun with what was judged before
            self._submit(self.buffer.cut())
        return True

    def _submit(self, range_: Range) -> None:
        self._held = None
        self._under_way = range_, self._lake.pool.submit(self._lake.publish, self.partition, range_)

    def settle(self, wait: bool = False) -> tuple[Range, Published | None] | None:
        """How the publication that was under way has ended; None where there is none, or it goes on.

        Raises Unavailable where it could not be done for now: the range is held, and published first. Raises
        MillwrightError when the topic is not the one that it was.
        """
        if self._under_way is None or not (wait or self._under_way[1].done()):
            return None
        range_, future = self._under_way
        self._under_way = None
        try:
            return range_, future.result()
        except Unavailable:
            self._held = range_
            raise

    def hold_off(self) -> float:
        """Wait before the next try; how many seconds."""
        pause = min(self.waiting.pause * 2, _BACK_OFF_SECONDS) if self.waiting else 1.0
        self.waiting = Wait(time.monotonic() + pause, pause)
        return pause
