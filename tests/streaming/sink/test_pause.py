"""A partition that waits is paused; whatever happens meanwhile, it is read again once it can be published."""

from __future__ import annotations

import time

from millwright.errors import Unavailable
from millwright.store import FileStore
from streaming.sink.streams import Streams
from streaming.sink.worker import Worker


class FullDisk(FileStore):
    """A lake without room, as long as `full` is true."""

    full = False

    def create(self, key: str, data: bytes, step: str) -> bool:
        if self.full and not key.endswith(".json"):
            raise Unavailable("The lake has no room.")
        return super().create(key, data, step)


def stepped(workers: list[Worker], condition, seconds: float = 20.0) -> bool:
    """Step the workers in turn until a condition holds; whether it does."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        for worker in workers:
            worker.step(0.05)
    return True


def test_a_partition_that_waits_while_the_group_shares_out_anew_is_read_again(line, lake):
    streams, store = Streams([line.topic]), FullDisk(lake)
    with Worker(streams, store) as stays:
        stays.join()
        line.send(100)
        assert stepped([stays], lambda: len(line.landed()) == line.sent)
        store.full = True
        line.send(100)
        until_waiting = time.monotonic() + 3
        stepped([stays], lambda: time.monotonic() > until_waiting)
        with Worker(streams, store) as comes:  # takes a partition, and leaves again: the first has both anew
            comes.join()
            until_shared = time.monotonic() + 8
            stepped([stays, comes], lambda: time.monotonic() > until_shared)
        until_alone = time.monotonic() + 8
        stepped([stays], lambda: time.monotonic() > until_alone)
        store.full = False
        line.send(100)
        assert stepped([stays], lambda: len(line.landed()) == line.sent), "a partition is read no more"
    line.assert_once_each()
