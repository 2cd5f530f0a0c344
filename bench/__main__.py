"""`make bench`: how fast records are published and landed, beside a consumer that only reads and forgets."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from bench.peers import discard
from bench.readings import readings
from infra.local import postgres_place, stack
from millwright.publish import Publisher
from millwright.settings import settings

STREAM = "equipment-sensors"
# Beside those of a stack that may be running.
PORTS = {"KAFKA": 19092, "KAFKA_CONTROLLER": 19093, "REGISTRY": 18085, "POSTGRES": 15433}


@click.command()
@click.option("--records", default=1_000_000, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def bench(records: int, as_json: bool) -> None:
    """Publish RECORDS readings, read them back with a bare consumer, land them in a lake."""
    from streaming.sink.once import land

    seconds: dict[str, float] = {}
    with _stack_of_its_own():
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


@contextmanager
def _stack_of_its_own() -> Iterator[None]:
    """Kafka and the registry in a temporary state folder."""
    folder = Path(tempfile.mkdtemp(prefix="millwright-bench-", dir="/tmp"))
    folder.chmod(0o755)  # Postgres, which keeps the registry, runs as another user when root runs the bench
    os.environ["MILLWRIGHT_STATE_DIR"] = str(folder)
    os.environ |= {f"MILLWRIGHT_{name}_PORT": str(port) for name, port in PORTS.items()}
    settings.cache_clear()
    config = settings()
    try:
        stack.up(config, {"topics", "schemas"})
        yield
    finally:
        stack.down(config)
        postgres_place.remove(config)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    bench()
