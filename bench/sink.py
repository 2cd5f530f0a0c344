"""`millwright bench sink`."""

from __future__ import annotations

import click

from bench.contender import LeftOut, Result

OURS = {1: "one_worker", 2: "two_workers"}


@click.command()
@click.option("--records", default=5_000_000, show_default=True, type=click.IntRange(1_000))
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def sink(records: int, as_json: bool) -> None:
    """The sink with one and two workers, beside Kafka's own consumer, on one topic of 6 partitions.

    Every contender's clock starts when it is ready to read: the start of a JVM or of Python, and joining a group, are
    not counted.
    """
    import json

    from bench import consumer_performance, workers
    from bench.own_stack import own_stack
    from bench.publish import fill
    from bench.readings import STREAM, mean_bytes
    from bench.report import say, show
    from millwright.contracts import contract

    topic, size = contract(STREAM).topic, mean_bytes()
    results: list[Result] = []
    with own_stack("topics", "schemas", disk_bytes=3 * records * round(size) + 10**9) as stack:
        say(f"publishing {records:,} records ...")
        fill(records)
        ends = _ends(topic)
        say(f"{consumer_performance.NAME} ...")
        results.append(consumer_performance.consume(topic, records, stack.state_dir))
        for count in OURS:
            say(f"the sink with {count} worker(s) ...")
            results.append(workers.land(topic, ends, count, stack.state_dir))
    show(results, records, size)
    if as_json:
        click.echo(json.dumps(summary(records, results, [])))


def summary(records: int, results: list[Result], left_out: list[LeftOut]) -> dict[str, object]:
    """The last line's figures: rates in records a second, and the ratios of two workers' to the others'."""
    bound, one, two, *peers = results
    found: dict[str, object] = {"records": records, "results": [result.figures() for result in results]}
    best = max((peer.rate for peer in peers), default=None)
    found["ratio_to_bound"] = round(two.rate / bound.rate, 3)
    found["ratio_to_best_peer"] = round(two.rate / best, 2) if best else None
    found |= {"one_worker": round(one.rate), "two_workers": round(two.rate)}
    if left_out:
        found["left_out"] = {one.name: one.reason for one in left_out}
    return found


def _ends(topic: str) -> dict[int, int]:
    from streaming.sink.broker import look, partitions_of

    return {number: log.high for (_, number), log in look(partitions_of([topic])).items() if log.high}
