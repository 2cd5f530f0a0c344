"""`millwright bench freshness`: how long after an event was sent it can be selected from the marts."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import click
import numpy as np
import numpy.typing as npt

_MART = "fact_sensor_readings"
_LOOK_SECONDS = 0.2
_PATIENCE_SECONDS = 300.0  # after the last event
_DAG = "near_real_time"

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Freshness:
    """Seconds from handing an event to the producer to its row's commit in the mart.

    `first_seconds` is the wait of the first event of an idle plant. The percentiles are of the events that were sent
    after the warm-up. `kept_up`: the producer kept its pace, every event came, and those of the last third waited no
    longer than 1.25 times those of the third before.
    """

    rate: int
    seconds: float
    events: int
    p50_seconds: float
    p95_seconds: float
    max_seconds: float
    first_seconds: float
    micro_batches: int
    kept_up: bool
    cores: dict[str, float]  # CPU seconds a second while events were sent, by part of the stack


@click.command()
@click.option("--rate", default=10_000, show_default=True, type=click.IntRange(1), help="Events a second.")
@click.option("--seconds", default=600.0, show_default=True, type=click.FloatRange(1), help="How long they are sent.")
@click.option("--warm", default=60.0, show_default=True, type=click.FloatRange(0), help="Seconds sent before those.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def freshness(rate: int, seconds: float, warm: float, as_json: bool) -> None:
    """How long after an event was sent it can be selected from the marts.

    The whole embedded stack runs, Airflow with it: 1,000 machines send readings at a steady rate, the sink lands them,
    its event wakes the micro-batches. A row's commit in marts.fact_sensor_readings is held against its event time,
    which is when it was handed to the producer.
    """
    from rich.console import Console
    from rich.table import Table

    found = measure(rate, seconds, warm)
    console = Console(stderr=as_json)
    table = Table("events/s", "seconds", "p50 s", "p95", "max", "first", "batches", "kept up", header_style="bold")
    waits = (found.p50_seconds, found.p95_seconds, found.max_seconds, found.first_seconds)
    kept = "yes" if found.kept_up else "no"
    told = (f"{wait:.1f}" for wait in waits)
    table.add_row(f"{found.rate:,}", f"{found.seconds:.0f}", *told, f"{found.micro_batches}", kept)
    console.print(table)
    used = Table("part", "cores", header_style="bold")
    for name, cores in sorted(found.cores.items(), key=lambda item: -item[1]):
        used.add_row(name, f"{cores:.2f}")
    console.print(used)
    if as_json:
        click.echo(json.dumps(asdict(found)))


def measure(rate: int, seconds: float, warm: float) -> Freshness:
    """Start a whole stack, send, and watch the mart's ledger."""
    from bench.own_stack import own_stack
    from bench.part_cores import PartCores
    from infra.local import stack as parts
    from millwright.settings import settings

    with own_stack("postgres", disk_bytes=int(1500 * rate * (seconds + warm)) + 3 * 10**9) as stack:
        stack.start(*parts.wanted(settings()))
        _await_an_idle_plant()
        cores = PartCores(stack.state_dir)
        traffic = [sys.executable, "-P", "-m", "bench.alerts_traffic", str(rate), str(seconds + warm), "0", "20"]
        begun = time.time()
        with subprocess.Popen(traffic, stdout=subprocess.PIPE, text=True) as producer:
            told, seen = _watch(producer, cores)
        return _judged(rate, seconds, begun + warm, told, seen, cores.used)


def _await_an_idle_plant() -> None:
    """DAGs that are new run once; what they do is not measured."""
    from infra.local.demo.airflow import Airflow

    client = Airflow()
    client.wait_for_dags({_DAG, "streaming_to_batch_etl", "dbt_transformations"})
    client.settle("1970-01-01T00:00:00Z", lambda at_work: None)


def _watch(producer: Any, cores: Any) -> tuple[dict[str, Any], dict[int, float]]:
    """What was sent, and when each load was first seen in the mart's ledger, until all that was sent is there."""
    from millwright.warehouse import session

    seen: dict[int, float] = {}
    told: dict[str, Any] = {}
    ended, rows = 0.0, 0
    query = """
        select applied.load_id, loads.rows_inserted from platform.applied_loads as applied
        join platform.loads as loads using (load_id)
        where applied.model = %s and loads.table_name = 'sensor_readings' and not applied.load_id = any(%s::bigint[])"""
    while not told or (rows < told["sent"] and time.time() - ended < _PATIENCE_SECONDS):
        with session() as connection, connection.cursor() as cursor:
            cursor.execute("select to_regclass('platform.applied_loads') is not null")
            if cursor.fetchone() == (True,):  # a model has been built
                cursor.execute(query, (_MART, list(seen)))
            else:
                cursor.execute("select 0, 0 where false")
            for load_id, inserted in cursor.fetchall():
                seen[load_id], rows = time.time(), rows + inserted
        if not told and producer.poll() is not None:
            cores.stop()
            told, ended = json.loads(producer.stdout.read()), time.time()
        time.sleep(_LOOK_SECONDS)
    return told, seen


def _judged(
    rate: int, seconds: float, counted: float, told: dict[str, Any], seen: dict[int, float], cores: dict[str, float]
) -> Freshness:
    sent, waits = (np.concatenate(found) for found in zip(*_waits(seen), strict=True))
    first = float(waits[np.argmin(sent)])
    complete = len(sent) == told["sent"]
    sent, waits = sent[sent >= counted], waits[sent >= counted]
    thirds = [waits[(sent - counted) // (seconds / 3) == part] for part in (1, 2)]
    steady = all(len(part) for part in thirds) and thirds[1].mean() <= 1.25 * thirds[0].mean()
    p50, p95 = np.percentile(waits, [50, 95])
    return Freshness(
        rate=rate,
        seconds=seconds,
        events=len(waits),
        p50_seconds=round(float(p50), 2),
        p95_seconds=round(float(p95), 2),
        max_seconds=round(float(waits.max()), 2),
        first_seconds=round(first, 2),
        micro_batches=len(seen),
        kept_up=bool(complete and steady and told["late_seconds"] < 1.0),
        cores={name: round(value, 2) for name, value in cores.items()},
    )


def _waits(seen: dict[int, float]) -> Iterator[tuple[Floats, Floats]]:
    """Event times of the rows that are in the mart, and how long each waited, load by load."""
    from millwright.warehouse import adbc

    connection = adbc()
    try:
        with connection.cursor() as cursor:
            for load_id, when in seen.items():
                cursor.execute(
                    "select (extract(epoch from event_time) * 1e6)::bigint as sent from raw.sensor_readings"
                    f" where _load_id = {int(load_id)}"
                )
                sent = cursor.fetch_arrow_table()["sent"].to_numpy() / 1e6
                yield sent, when - sent
    finally:
        connection.close()
