"""`millwright bench publish`, and how the measured topic is filled."""

from __future__ import annotations

import resource
import time

import click
import numpy as np

from bench.contender import Result
from bench.readings import STREAM, mean_bytes, readings
from millwright.contracts import Contract, contract

NAME = "millwright publish"


@click.command()
@click.option("--records", default=5_000_000, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def publish(records: int, as_json: bool) -> None:
    """How fast Arrow tables are published: encoded, idempotent, acknowledged by all replicas.

    The clock starts when the publisher is connected and stops when the last record is acknowledged. Drawing the
    values, about a fiftieth of the time, is inside.
    """
    import json

    from bench.own_stack import own_stack
    from bench.report import show

    size = mean_bytes()
    with own_stack("topics", "schemas", disk_bytes=2 * records * round(size) + 10**9):
        result = fill(records)
    show([result], records, size)
    if as_json:
        click.echo(json.dumps({"records": records, "mean_bytes": round(size, 1), **result.figures()}))


def fill(records: int) -> Result:
    """Publish so many readings to the stream's topic, all acknowledged when this returns."""
    from millwright.publisher import Publisher

    publisher = Publisher()
    begun, cpu = time.perf_counter(), _cpu_seconds()
    with publisher:
        for table in readings(records):
            publisher.send(STREAM, table)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Result(NAME, records, seconds, _cpu_seconds() - cpu, peak)


def fill_corrupt(records: int, share: float) -> int:
    """Publish so many records, every so-manyth of them corrupt, of all kinds in turn; how many those are."""
    from millwright.publisher import Publisher
    from millwright.registry import Registry
    from millwright.wire import encode, header

    spec = contract(STREAM)
    schema_id, every, corrupt = Registry().register(spec), round(1 / share) if share else records + 1, 0
    broken, prefix = _broken(spec, schema_id), header(schema_id)
    with Publisher() as publisher:
        sound = (record for table in readings(records) for batch in encode(spec, table) for record in batch)
        for number, (key, body) in enumerate(sound):
            if number % every == every - 1:
                publisher.send_raw(spec.topic, key, broken[corrupt % len(broken)])
                corrupt += 1
            else:
                publisher.send_raw(spec.topic, key, prefix + body)
    return corrupt


def _broken(spec: Contract, schema_id: int) -> list[bytes]:
    from streaming.simulate.corrupt import KINDS, broken

    rng, [sample] = np.random.default_rng(7), readings(100)
    return [broken(spec, row, KINDS[at % len(KINDS)], schema_id, rng)[1] for at, row in enumerate(sample.to_pylist())]


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
