"""Any history of sending, expiring, reading, dying, sleeping, publishing and tidying gives one chain of each record."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from millwright import bronze
from millwright.bronze import Header, Records
from millwright.contracts import contract
from millwright.lake import bronze_key, chain_end, header_of, is_replaced, links
from millwright.store import FileStore
from millwright.wire import encode
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.expire import expire_partition
from streaming.lake_care.sweep import sweep_partition
from streaming.lake_care.verify import verify_partition
from streaming.sink.position import Log, Partition, resume

SPEC = contract("equipment-sensors")
HERE: Partition = (SPEC.topic, 3)
BASE_MS = 1_772_323_200_000  # offset 0 was appended then, and each record a second after the one before
WORKERS = st.integers(0, 5)
[[(_, BODY)]] = encode(SPEC, [{"equipment_id": "m1", "event_time": BASE_MS * 1000}])


@dataclass
class Reader:
    """A worker that has read from `start` up to `at` and published none of it. It knows nothing of the others."""

    start: int
    at: int


class History(RuleBasedStateMachine):
    """Kafka and the lake as they ought to be, beside the lake that the code makes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="history-"))
        self.store = FileStore(self.folder)
        self.low, self.high, self.holes = 0, 0, set[int]()
        self.readers: list[Reader] = []
        self.end: int | None = None  # of the chain; None before it has begun
        self.landed, self.gaps, self.floor = set[int](), set[int](), 0

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(count=st.integers(1, 12), marker=st.booleans())
    def records_are_sent(self, count: int, marker: bool) -> None:
        """A transaction's marker takes an offset that no record has."""
        self.high += count
        if marker:
            self.holes.add(self.high)
            self.high += 1

    @rule(count=st.integers(1, 12))
    def kafka_expires_some(self, count: int) -> None:
        self.low = min(self.low + count, self.high)

    @rule(reads=st.integers(1, 15))
    def a_worker_goes_on_from_the_lake_and_reads(self, reads: int) -> None:
        self.readers.append(self._resumed())
        self._read(self.readers[-1], reads)

    @precondition(lambda self: self.readers)
    @rule(worker=WORKERS, reads=st.integers(1, 15))
    def a_worker_reads_more(self, worker: int, reads: int) -> None:
        self._read(self.readers[worker % len(self.readers)], reads)

    @precondition(lambda self: self.readers)
    @rule(worker=WORKERS)
    def a_worker_publishes_maybe_long_after_it_read(self, worker: int) -> None:
        if not self._publishes(reader := self.readers[worker % len(self.readers)]):
            self.readers.remove(reader)

    @precondition(lambda self: self.readers)
    @rule(worker=WORKERS)
    def a_worker_is_killed(self, worker: int) -> None:
        del self.readers[worker % len(self.readers)]

    @rule(files=st.integers(2, 5), reads=st.integers(1, 5))
    def another_lands_several_files_while_the_others_sleep(self, files: int, reads: int) -> None:
        reader = self._resumed()
        for _ in range(files):
            self.records_are_sent(2, False)
            self._read(reader, reads)
            assert self._publishes(reader)

    @rule(reads=st.integers(1, 9), files=st.integers(2, 5), expires=st.booleans())
    def a_worker_wakes_when_what_it_holds_was_replaced_or_dropped(self, reads: int, files: int, expires: bool) -> None:
        self.records_are_sent(2, False)
        sleeper = self._resumed()
        self._read(sleeper, reads)
        self.another_lands_several_files_while_the_others_sleep(files, 2)
        if expires:
            self.the_lake_expires(0)
        else:
            self.the_lake_is_compacted(60, False)
        self.the_lake_is_swept()
        if self._records(sleeper.start, sleeper.at):  # a transaction's marker alone is nothing to publish
            assert not self._publishes(sleeper)

    @rule(size=st.integers(2, 60), sweeps=st.booleans())
    def the_lake_is_compacted(self, size: int, sweeps: bool) -> None:
        compact_partition(self.store, *HERE, size)
        if sweeps:
            sweep_partition(self.store, *HERE)

    @precondition(lambda self: self.end is not None)
    @rule(keep=st.integers(0, 40))
    def the_lake_expires(self, keep: int) -> None:
        assert self.end is not None
        expire_partition(self.store, *HERE, BASE_MS + 1000 * (self.end - keep))
        if chain := links(self.store, *HERE):
            self.floor = max(self.floor, chain[0].start)

    @rule()
    def the_lake_is_swept(self) -> None:
        sweep_partition(self.store, *HERE)

    @invariant()
    def the_chain_is_whole_and_holds_each_record_once(self) -> None:
        if self.end is None:
            return
        assert chain_end(self.store, *HERE) == self.end
        found, gaps, at = list[int](), set[int](), self.floor
        for link in links(self.store, *HERE):
            header = header_of(self.store, link)
            assert header.first_offset == at
            at = header.next_offset
            if header.gap is not None:
                gaps |= set(range(header.first_offset, header.next_offset))
                continue
            data = self.store.read(link.key)
            assert data is not None
            found += [row["_offset"] for row in bronze.read(data)]
        assert at == self.end
        assert found == sorted(offset for offset in self.landed if offset >= self.floor)
        assert gaps == {offset for offset in self.gaps if offset >= self.floor}
        assert set(found) | gaps >= set(self._records(self.floor, self.end)), "a record is neither landed nor a gap"
        assert verify_partition(self.store, *HERE).damages == []

    def _resumed(self) -> Reader:
        [at] = resume(self.store, [HERE], lambda them: dict.fromkeys(them, Log("a", self.low, self.high))).values()
        if self.end is None:
            self.end = self.floor = self.low
        if self.end < self.low:
            self.gaps |= set(range(self.end, self.low))
            self.end = self.low
        assert at == self.end
        return Reader(at, at)

    def _read(self, reader: Reader, count: int) -> None:
        if reader.at < self.low:  # Kafka says: offset out of range
            found = self._resumed()
            reader.start, reader.at = found.start, found.at
        reader.at = max(reader.at, min(reader.at + count, self.high))

    def _publishes(self, reader: Reader) -> bool:
        """Whether it may go on."""
        if not (offsets := self._records(reader.start, reader.at)):
            return True
        was_first = self._published(reader, offsets)
        assert was_first == (reader.start == self.end), "published from an offset that was not the chain's end"
        if was_first:
            self.landed |= set(offsets)
            self.end = reader.start = reader.at
        return was_first

    def _records(self, start: int, end: int) -> list[int]:
        return [offset for offset in range(start, end) if offset not in self.holes]

    def _published(self, reader: Reader, offsets: list[int]) -> bool:
        """What `publish_range` does last, with records that are all accepted."""
        times = [BASE_MS + 1000 * offset for offset in offsets]
        header = Header(*HERE, reader.start, reader.at, 1, len(offsets), {}, times[0], times[-1], None, None)
        records = Records(pa.array(offsets, pa.int64()), pa.array(times, pa.int64()), pa.array([BODY] * len(offsets)))
        data = bronze.write(SPEC, header, records)
        created = self.store.create(bronze_key(*HERE, reader.start), data, "sink")
        return created and not is_replaced(self.store, *HERE, reader.start)


TestHistory = History.TestCase
TestHistory.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
