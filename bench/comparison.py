"""One run of everybody on one topic, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import consumer_performance, peers, workers
from bench.contender import LeftOut, Result
from bench.own_stack import own_stack
from bench.publish import fill, fill_corrupt
from bench.readings import STREAM, mean_bytes
from bench.report import say
from bench.workers import Landed
from millwright.contracts import contract

_WORKERS = (1, 2)
_DISK_BYTES = 300  # for a record: in the topic, in a lake, and in what a peer keeps besides


@dataclass(frozen=True)
class Comparison:
    """Kafka's own consumer, our sink with one and two workers, the peers, and who could not be measured."""

    records: int
    mean_bytes: float
    bound: Result
    one: Landed
    two: Landed
    peers: list[Result]
    left_out: list[LeftOut]

    @property
    def results(self) -> list[Result]:
        """All of them, the bound first."""
        return [self.bound, self.one.result, self.two.result, *self.peers]

    def summary(self) -> dict[str, Any]:
        """Rates in records a second; the ratios are those of two workers to the others."""
        two, best = self.two.result.rate, max((peer.rate for peer in self.peers), default=None)
        found: dict[str, Any] = {
            "records": self.records,
            "results": [result.figures() for result in self.results],
            "ratio_to_bound": round(two / self.bound.rate, 3),
            "ratio_to_best_peer": round(two / best, 2) if best else None,
            "one_worker": round(self.one.result.rate),
            "two_workers": round(two),
        }
        if self.left_out:
            found["left_out"] = {peer.name: peer.reason for peer in self.left_out}
        return found


def compare(records: int, names: Iterable[str]) -> Comparison:
    """Measure one after the other, on one topic of so many records. Raises MillwrightError when it cannot be done."""
    spec, left_out = contract(STREAM), list[LeftOut]()
    chosen = peers.prepared(names, left_out)
    with own_stack("topics", "schemas", disk_bytes=_room(records)) as stack:
        say(f"publishing {records:,} records ...")
        fill(records)
        say(f"{consumer_performance.NAME} ...")
        bound = consumer_performance.consume(spec.topic, records, stack.state_dir)
        one, two = _ours(spec.topic, stack.state_dir)
        others = peers.measured(chosen, spec, records, stack.state_dir, left_out)
    return Comparison(records, mean_bytes(), bound, one, two, others, left_out)


def with_corrupt(records: int, share: float) -> list[Landed]:
    """Our sink with one and two workers on a topic with this share of corrupt records. Raises as `compare` does."""
    with own_stack("topics", "schemas", disk_bytes=_room(records)) as stack:
        say(f"publishing {records:,} records, {share:.1%} of them corrupt ...")
        corrupt = fill_corrupt(records, share)
        return _ours(contract(STREAM).topic, stack.state_dir, corrupt)


def _ours(topic: str, folder: Path, corrupt: int = 0) -> list[Landed]:
    found = []
    for count in _WORKERS:
        say(f"our sink with {count} worker{'s'[: count > 1]} ...")
        found.append(workers.land(topic, ends_of(topic), count, folder, corrupt))
    return found


def ends_of(topic: str) -> dict[int, int]:
    """The end of each partition that has records; corrupt ones may have no key and lie anywhere."""
    from streaming.sink.broker import look, partitions_of

    return {number: log.high for (_, number), log in look(partitions_of([topic])).items() if log.high}


def _room(records: int) -> int:
    return records * _DISK_BYTES + 10**9
