from typing import Any

from bench.comparison import Comparison
from bench.contender import LeftOut, Result
from bench.workers import Landed


def result(name: str, rate: int) -> Result:
    return Result(name, records=rate * 4, seconds=4.0, cpu_seconds=6.125, peak_rss_mb=312.26)


OURS = [result("kafka-consumer-perf", 2_000_000), result("one", 1_000_000), result("two", 1_400_000)]


def summary(peers: list[Result], left_out: list[LeftOut]) -> dict[str, Any]:
    bound, one, two = OURS
    return Comparison(5_000_000, 102.0, bound, Landed(one, 0, []), Landed(two, 0, []), peers, left_out).summary()


def test_two_workers_are_compared_with_the_bound_and_with_the_fastest_peer() -> None:
    found = summary([result("spark", 265_000), result("flink", 280_000)], [])
    assert (found["ratio_to_bound"], found["ratio_to_best_peer"]) == (0.7, 5.0)
    assert (found["one_worker"], found["two_workers"]) == (1_000_000, 1_400_000)


def test_the_json_has_these_keys_and_no_others() -> None:
    found = summary([], [])
    assert list(found) == [*("records", "results", "ratio_to_bound", "ratio_to_best_peer", "one_worker", "two_workers")]
    assert found["results"] == [
        {"name": r.name, "records_per_second": round(r.rate), "cpu_seconds": 6.12, "peak_rss_mb": 312.3} for r in OURS
    ]


def test_without_peers_there_is_no_ratio_to_them() -> None:
    assert summary([], [])["ratio_to_best_peer"] is None


def test_who_was_left_out_is_named_with_the_reason() -> None:
    assert summary([], [LeftOut("spark", "no JDK")])["left_out"] == {"spark": "no JDK"}
