"""The worker's promise against a model of Kafka: workers that crash, sleep and race land each record exactly once."""

from __future__ import annotations

import copy
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import Executor, Future
from pathlib import Path
from unittest.mock import patch

import pytest
from confluent_kafka import TIMESTAMP_LOG_APPEND_TIME, KafkaError, TopicPartition
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from millwright import bronze, failpoints
from millwright.contracts import Contract, contract, parse_contract
from millwright.errors import Unavailable
from millwright.lake import list_bronze
from millwright.registry import Registered
from millwright.settings import settings
from millwright.store import FileStore
from millwright.wire import encode, header
from streaming.sink import lane, places, publication, quarantine, worker
from streaming.sink.position import Log, Partition
from streaming.sink.streams import Stream

SPEC = contract("equipment-sensors")
TOPIC = SPEC.topic
NOW_MS = 1_772_323_200_000
PLACES = ("before_quarantine", "after_quarantine", "before_write", "after_write", "after_fsync")
PLACES += ("after_link", "after_dir_fsync", "after_commit")


class Crash(BaseException):
    """The process is gone: nothing in the code under test may catch this."""


class Failpoint:
    """Raises Crash at the given passing of a place."""

    def __init__(self) -> None:
        self.armed: str | None = None

    def __call__(self, name: str) -> None:
        if name == self.armed:
            self.armed = None
            raise Crash(name)


class Message:
    def __init__(self, partition: int, offset: int, record: tuple | None = None, error: KafkaError | None = None):
        self._partition, self._offset, self._record, self._error = partition, offset, record, error

    topic = lambda self: TOPIC  # noqa: E731
    partition = lambda self: self._partition  # noqa: E731
    offset = lambda self: self._offset  # noqa: E731
    error = lambda self: self._error  # noqa: E731
    key = lambda self: self._record[1]  # noqa: E731
    value = lambda self: self._record[2]  # noqa: E731
    timestamp = lambda self: (TIMESTAMP_LOG_APPEND_TIME, self._record[0])  # noqa: E731


class Kafka:
    """Partitions as dicts of offset → (append ms, key, value); offsets may have holes."""

    def __init__(self, partitions: int) -> None:
        self.logs: list[dict[int, tuple]] = [{} for _ in range(partitions)]
        self.low, self.high = [0] * partitions, [0] * partitions

    def append(self, partition: int, hole: int, key: bytes | None, value: bytes | None) -> None:
        offset = self.high[partition] + hole
        self.logs[partition][offset] = (NOW_MS + offset * 9_000_000, key, value)  # a new date every ten records
        self.high[partition] = offset + 1

    def look(self, partitions: Iterable[Partition]) -> dict[Partition, Log]:
        return {p: Log("topic-id", self.low[p[1]], self.high[p[1]]) for p in partitions}


class Consumer:
    """As much of a consumer as the worker uses."""

    def __init__(self, kafka: Kafka, chunk: int) -> None:
        self.kafka, self.chunk = kafka, chunk
        self.at: dict[int, int] = {}
        self.paused: set[int] = set()

    def assign(self, partitions: list[TopicPartition]) -> None:
        self.at = {p.partition: p.offset for p in partitions}
        self.paused = set()

    def seek(self, partition: TopicPartition) -> None:
        self.at[partition.partition] = partition.offset

    def pause(self, partitions: list[TopicPartition]) -> None:
        self.paused |= {p.partition for p in partitions}

    def resume(self, partitions: list[TopicPartition]) -> None:
        self.paused -= {p.partition for p in partitions}

    def commit(self, offsets: list[TopicPartition], asynchronous: bool) -> None: ...

    def close(self) -> None: ...

    def get_watermark_offsets(self, partition: TopicPartition, cached: bool) -> tuple[int, int]:
        return 0, self.kafka.high[partition.partition]

    def consume(self, number: int, timeout: float) -> list[Message]:
        found = []
        for partition, at in self.at.items():
            if partition in self.paused:
                continue
            log = self.kafka.logs[partition]
            for offset in sorted(o for o in log if o >= at)[: self.chunk]:
                found.append(Message(partition, offset, log[offset]))
                self.at[partition] = offset + 1
            if not any(o >= self.at[partition] for o in log):
                end = self.at[partition] = max(self.at[partition], self.kafka.high[partition])
                found.append(Message(partition, end, error=KafkaError(KafkaError._PARTITION_EOF)))
        return found


class AtOnce(Executor):
    """Does what it is given before it returns, so that an example always goes the same way."""

    def submit(self, do, /, *args, **kwargs):
        done: Future = Future()
        try:
            done.set_result(do(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001
            done.set_exception(error)
        return done


def evolved() -> Contract:
    avro = copy.deepcopy(SPEC.avro)
    avro["fields"].append({"name": "torque", "type": ["null", "double"], "default": None, "channel": True})
    return parse_contract(avro, "newer")


NEWER = evolved()


class Streams:
    """Schemas of one stream: the second is heard of only while the registry is up, the third when it is `newer`."""

    topics = (TOPIC,)

    def __init__(self) -> None:
        self.up, self.newer = True, False

    def knowing(self, topic: str, ids: set[int]) -> tuple[Stream, dict[int, Registered]]:
        if not self.up and ids - {1}:
            raise Unavailable("the registry is away")
        known = {1: Registered(1, 1, SPEC.avro_json)} if 1 in ids else {}
        return Stream(NEWER, 3) if self.newer else Stream(SPEC, 1), known


def good(i: int) -> tuple[bytes, bytes]:
    row = {"equipment_id": f"m{i % 3}", "event_time": NOW_MS * 1000 + i, "temperature": float(i)}
    [[(key, body)]] = encode(SPEC, [row])
    return key, header(1) + body


KINDS = {
    "good": good,
    "tombstone": lambda i: (b"m", None),
    "junk": lambda i: (b"m", b"junk %d" % i),
    "cut": lambda i: (good(i)[0], good(i)[1][:-3]),
    "unknown": lambda i: (b"m", header(2) + b"%d" % i),
}
REASONS = {"tombstone": "empty", "junk": "not_avro_wire_format", "cut": "undecodable", "unknown": "unknown_schema"}

kinds = st.lists(st.sampled_from(["good", "good", *KINDS]), min_size=1, max_size=6)
produce = st.tuples(st.just("produce"), st.integers(0, 1), st.sampled_from([0, 0, 0, 2]), kinds)
move = st.tuples(st.sampled_from(["step", "drain", "restart"]), st.integers(0, 2))
crash = st.tuples(st.just("crash"), st.integers(0, 2), st.sampled_from([f"sink.{place}" for place in PLACES]))
outage = st.tuples(st.just("registry"), st.booleans())
evolve = st.tuples(st.just("evolve"))


class World:
    """Three workers that all believe that the two partitions are theirs, on one lake."""

    def __init__(self, folder: Path, failpoint: Failpoint) -> None:
        self.kafka, self.streams, self.failpoint = Kafka(2), Streams(), failpoint
        self.store = FileStore(folder)
        self.sent: dict[tuple[int, int], tuple[str, bytes | None]] = {}
        self.workers: list[worker.Worker | None] = [None] * 3

    def worker(self, i: int) -> worker.Worker:
        if (found := self.workers[i]) is None:
            found = self.workers[i] = worker.Worker(
                self.streams, self.store, Consumer(self.kafka, chunk=2 + i), AtOnce()
            )
            found.take([(TOPIC, 0), (TOPIC, 1)])
        return found

    def act(self, what: str, *args) -> None:
        if what == "produce":
            partition, hole, kinds_ = args
            for kind in kinds_:
                key, value = KINDS[kind](len(self.sent))
                self.sent[partition, self.kafka.high[partition] + hole] = (kind, value)
                self.kafka.append(partition, hole, key, value)
        elif what == "registry":
            [self.streams.up] = args
        elif what == "evolve":
            self.streams.newer = True
        elif what == "restart":
            self.workers[args[0]] = None
        elif what == "crash":
            i, self.failpoint.armed = args
            try:
                self.worker(i).step(), self.worker(i).drain()
            except Crash:
                self.workers[i] = None
            self.failpoint.armed = None
        else:
            getattr(self.worker(args[0]), what)()

    def finish(self) -> None:
        self.streams.up, self.workers[0] = True, None
        last = self.worker(0)
        for _ in range(len(self.sent) + 2):
            last.step()
        last.drain()

    def landed(self) -> dict[tuple[int, int], tuple[str, bytes | None]]:
        """Position → reason or "good", and the bytes; each position once."""
        found = {}
        for file in list_bronze(TOPIC):
            data = self.store.read(file.key)
            assert data is not None
            bronze.verify(data, file.key)
            entries = [(row["_offset"], "good", None) for row in bronze.read(data)]
            for each in file.quarantined:
                rejected = self.store.read(each.key)
                assert rejected is not None
                assert hashlib.sha256(rejected).hexdigest() == each.sha256
                entries += [(r["offset"], r["reason"], r["value"]) for r in quarantine.decode(rejected)]
            assert len(entries) == file.accepted + sum(file.rejected.values())
            for offset, outcome, value in entries:
                assert file.first_offset <= offset < file.next_offset
                assert (file.partition, offset) not in found, "landed twice"
                found[file.partition, offset] = (outcome, value)
        return found


@pytest.fixture(scope="module")
def fast():
    """Small ranges, no fsync: a thousand files are written in a second."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("os.fsync", lambda descriptor: None)
        patched.setenv("MILLWRIGHT_SINK_ROLL_RECORDS", "3")
        patched.setenv("MILLWRIGHT_SINK_ROLL_SECONDS", "1000")
        patched.setattr("millwright.bronze.BLOCK_RECORDS", 2)
        patched.setattr(lane, "_BACK_OFF_SECONDS", 0.0)
        yield patched
    settings.cache_clear()


@hypothesis_settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(produce | produce | move | move | move | crash | outage | evolve, min_size=25, max_size=70))
def test_each_record_lands_once_whatever_workers_do(fast, steps):
    folder, failpoint = Path(tempfile.mkdtemp()), Failpoint()
    fast.setenv("MILLWRIGHT_LAKE_URL", f"file://{folder}")
    settings.cache_clear()
    try:
        world = World(folder, failpoint)
        with (
            patch.object(places, "look", world.kafka.look),
            patch.object(worker, "failpoint", failpoint),
            patch.object(publication, "failpoint", failpoint),
            patch("millwright.store.failpoint", failpoint),
        ):
            for step in steps:
                world.act(*step)
            world.finish()
            landed = world.landed()
        assert landed.keys() == world.sent.keys()
        for place, (kind, value) in world.sent.items():
            assert landed[place] == (("good", None) if kind == "good" else (REASONS[kind], value))
        at_end = {f.partition: f.next_offset for f in list_bronze(TOPIC)}
        assert all(at_end.get(p, 0) == world.kafka.high[p] for p in (0, 1))
    finally:
        shutil.rmtree(folder)


def test_the_places_of_crashes_are_all_there_are(fast, tmp_path):
    """Each place is passed at least once by a range that has a rejected record, so that each crash was a crash."""
    seen: list[str] = []
    fast.setenv("MILLWRIGHT_LAKE_URL", f"file://{tmp_path}")
    settings.cache_clear()
    world = World(tmp_path, Failpoint())
    world.act("produce", 0, 0, ["good", "junk"])
    with (
        patch.object(places, "look", world.kafka.look),
        patch.object(worker, "failpoint", seen.append),
        patch.object(publication, "failpoint", seen.append),
        patch("millwright.store.failpoint", seen.append),
    ):
        world.finish()
    assert [name for name in seen if name.startswith("sink.")] == [f"sink.{place}" for place in PLACES]
    assert failpoints.failpoint.__doc__
