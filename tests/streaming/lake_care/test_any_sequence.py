"""Compaction, retention, mending and sweeping beside workers and readers: in any order, broken off anywhere."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from millwright import bronze
from millwright.lake import chain_end, list_bronze, list_repaired
from millwright.settings import settings
from millwright.store import FileStore
from streaming.lake_care import compact, expire, sweep
from streaming.lake_care.compact import compact_partition
from streaming.lake_care.expire import expire_partition
from streaming.lake_care.sweep import sweep_orphans, sweep_partition
from streaming.lake_care.verify import verify_partition
from streaming.quarantined import retry as retrying
from streaming.quarantined.retry import retry
from tests.streaming.lake_care import chain_writer
from tests.streaming.lake_care.chain_writer import DAY, DAY_0, TOPIC, content
from tests.streaming.quarantined.rejecting import LATE, Rejecting, Streams

PLACES = (
    "sink.before_write",
    "sink.after_link",
    "quarantine.after_link",
    "compact.before_write",
    "compact.after_write",
    "compact.after_link",
    "compact.before_commit",
    "compact_commit.after_write",
    "compact_commit.after_link",
    "compact.after_commit",
    "expire.before_commit",
    "expire_commit.after_link",
    "expire.after_commit",
    "repair.before_write",
    "repair.after_link",
    "repair.after_commit",
    "sweep_commit.after_link",
    "sweep.before_remove",
)
WORKERS = READERS = 3


class Crash(BaseException):
    """The process is gone: nothing in the code under test may catch this."""


class Failpoint:
    """At the given passing of a place, something else happens first; or the process dies."""

    def __init__(self) -> None:
        self.place, self.passing, self.then = "", 0, None

    def arm(self, place: str, passing: int, then: Callable[[], None]) -> None:
        self.place, self.passing, self.then = place, passing, then

    def __call__(self, name: str) -> None:
        if name == self.place and self.then is not None:
            self.passing -= 1
            if self.passing == 0:
                then, self.then = self.then, None
                then()


class World:
    def __init__(self, folder: Path, failpoint: Failpoint) -> None:
        self.store, self.failpoint = FileStore(folder), failpoint
        self.workers = [Rejecting(self.store, name=i) for i in range(WORKERS)]
        self.ends: list[int | None] = [None] * READERS
        self.mended: list[int] = [0] * READERS  # numbers of the mended records that were read
        self.seen: list[Counter[tuple[int, str]]] = [Counter() for _ in range(READERS)]
        self.landed: dict[int, str] = {}
        self.day = 0

    def act(self, what: str, *args) -> None:
        if what == "publish":
            i, accepted, rejected, hole = args
            self.day += 1
            worker = self.workers[i]
            start = worker.resume() if worker.at is None else worker.at
            if worker.publish(accepted, rejected, hole=hole, day=self.day) is not None:
                outcomes = ["accepted"] * accepted + ["undecodable"] * rejected
                for offset, outcome in enumerate(outcomes, start):
                    assert self.landed.setdefault(offset, outcome) == outcome
        elif what == "gap":
            self.workers[0].gap(*args)
        elif what == "read":
            self.read(*args)
        elif what == "compact":
            compact_partition(self.store, TOPIC, 0, *args)
        elif what == "expire":
            if (slowest := min((end for end in self.ends if end is not None), default=None)) is not None:
                wanted = all(end is not None for end in self.ends)
                before = DAY_0 + (self.day - args[0]) * DAY
                expire_partition(self.store, TOPIC, 0, before, slowest if wanted else 0, min(self.mended))
        elif what == "mend":
            retry(TOPIC, streams=Streams((1, LATE)))
        elif what == "sweep":
            sweep_partition(self.store, TOPIC, 0, datetime.now(UTC) - timedelta(hours=args[0]))
            sweep_orphans(self.store, TOPIC, 0)
        elif what in ("crash", "meanwhile"):
            place, passing, first, other = args
            self.failpoint.arm(place, passing, self.die if what == "crash" else lambda: self.act(*other))
            try:
                self.act(*first)
            except Crash:
                for worker in self.workers:
                    worker.at = None if worker is self.workers[0] else worker.at
            self.failpoint.then = None

    def die(self) -> None:
        raise Crash

    def read(self, i: int) -> None:
        end = self.ends[i]
        files = list_bronze(TOPIC, {0: end} if end is not None else None)
        self.seen[i] += content(self.store, files)
        if files:
            self.ends[i] = files[-1].next_offset
        for file in list_repaired(TOPIC, {-1: self.mended[i]}):
            offsets = [row["_offset"] for row in bronze.read(self.store.read(file.key) or b"")]
            self.seen[i].update((offset, "mended") for offset in offsets)
            self.mended[i] = file.next_offset

    def check(self) -> None:
        found = verify_partition(self.store, TOPIC, 0)
        if chain_end(self.store, TOPIC, 0) is not None:
            assert found.damages == []
        files = list_bronze(TOPIC)
        assert found.accepted + found.quarantined == sum(f.accepted + sum(f.rejected.values()) for f in files)


who = st.integers(0, WORKERS - 1)
acts = st.one_of(
    st.tuples(st.just("publish"), who, st.integers(1, 4), st.integers(0, 2), st.sampled_from([0, 0, 3])),
    st.tuples(st.just("publish"), who, st.integers(0, 1), st.integers(1, 2), st.just(0)),
    st.tuples(st.just("publish"), who, st.integers(1, 4), st.just(0), st.just(0)),
    st.tuples(st.just("gap"), st.integers(1, 5)),
    st.tuples(st.just("read"), st.integers(0, READERS - 1)),
    st.tuples(st.just("compact"), st.sampled_from([4, 12, 100])),
    st.tuples(st.just("expire"), st.integers(1, 12)),
    st.tuples(st.just("mend")),
    st.tuples(st.just("sweep"), st.sampled_from([0, 0, 1])),
)
broken = st.tuples(st.sampled_from(["crash", "meanwhile"]), st.sampled_from(PLACES), st.integers(1, 3), acts, acts)


@pytest.fixture(scope="module")
def fast():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("os.fsync", lambda descriptor: None)
        yield patched
    settings.cache_clear()


@hypothesis_settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(acts | acts | broken, min_size=10, max_size=40))
def test_each_reader_sees_each_record_once_and_the_chain_stays_proven(fast, steps):
    folder, failpoint = Path(tempfile.mkdtemp()), Failpoint()
    fast.setenv("MILLWRIGHT_LAKE_URL", f"file://{folder}")
    settings.cache_clear()
    try:
        world = World(folder, failpoint)
        with (
            patch.object(chain_writer, "failpoint", failpoint),
            patch.object(compact, "failpoint", failpoint),
            patch.object(expire, "failpoint", failpoint),
            patch.object(sweep, "failpoint", failpoint),
            patch.object(retrying, "failpoint", failpoint),
            patch("millwright.store.failpoint", failpoint),
        ):
            for step in steps:
                world.act(*step)
                world.check()
        for i in range(READERS):
            world.read(i)
        rejected = {offset for offset, outcome in world.landed.items() if outcome == "undecodable"}
        for seen in world.seen:
            assert max(seen.values(), default=1) == 1
            mended = {offset for offset, outcome in seen if outcome == "mended"}
            landed = [(offset, outcome) for offset, outcome in seen if outcome != "mended"]
            assert len(landed) == len(dict(landed))
            # Records that a worker was killed after publishing, before it could tell, are seen too.
            assert set(world.landed.items()) <= set(landed)
            assert mended <= {offset for offset, outcome in landed if outcome == "undecodable"}
            assert not {offset for offset in mended & rejected if offset % 3 == 0}, "junk was mended"
        assert len({frozenset(seen) for seen in world.seen}) == 1
    finally:
        shutil.rmtree(folder)
