"""`make bench`: how fast records are published and landed, beside a consumer that only reads and forgets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.console import Console
from rich.table import Table

from bench.peers import discard
from bench.readings import readings
from infra.local.temporary import stack_of_its_own
from millwright.publish import Publisher

STREAM = "equipment-sensors"


@click.command()
@click.option("--records", default=1_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def bench(records: int, as_json: bool) -> None:
    """Publish RECORDS readings, read them back with a bare consumer, land them in a lake."""
    from streaming.sink.once import land

    seconds: dict[str, float] = {}
    with stack_of_its_own("bench", "topics", "schemas"):
        with _timed(seconds, "publish (Arrow, acks=all, idempotent)"), Publisher() as publisher:
            for table in readings(records):
                publisher.send(STREAM, table)
        with _timed(seconds, "peer: bare consumer that discards"):
            assert discard(STREAM, records) == records
        with _timed(seconds, "land (checked, quarantined, zstd, fsync)"):
            assert land([STREAM])[STREAM]["records"] == records
    peer = seconds["peer: bare consumer that discards"]
    table = Table("step", "records/s", "of the peer's rate", box=None, header_style="bold")
    for name, taken in seconds.items():
        table.add_row(name, f"{records / taken:,.0f}", f"{peer / taken:.2f}")
    Console(stderr=as_json).print(table)
    if as_json:
        rates = {name: round(records / taken) for name, taken in seconds.items()}
        click.echo(json.dumps({"records": records, "records_per_second": rates}))


@contextmanager
def _timed(seconds: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    seconds[name] = time.perf_counter() - begun


if __name__ == "__main__":
    bench()
