"""`millwright bench alerts`: how long after a reading its alert is seen, at several rates."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import yaml

_WARM_SECONDS = 3.0  # of each rate, sent and not counted
_AFTER_SECONDS = 1.0  # alerts that come later than this after the last reading were not kept up with
_PATIENCE_SECONDS = 60.0


@dataclass(frozen=True)
class Latency:
    """Milliseconds from handing a reading to the producer to seeing its alert, at one rate.

    `service_cores` and `producer_cores` are CPU seconds per second; `kept_up`: both kept the pace, and every alert had
    come a second after the last reading.
    """

    rate: int
    sent: int
    alerts: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float
    service_cores: float
    producer_cores: float
    kept_up: bool


@click.command()
@click.option("--rates", default="1000,10000,50000", show_default=True, help="Readings a second, parted by commas.")
@click.option("--seconds", default=25.0, show_default=True, type=click.FloatRange(1), help="How long each rate lasts.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def alerts(rates: str, seconds: float, as_json: bool) -> None:
    """How long after a reading that passes its limit the alert is seen by a consumer.

    A producer process sends readings of 1,000 machines at a steady rate, few of them beyond a limit; `millwright alerts
    run` judges them; this process consumes equipment-alerts. All with a broker on the same machine.
    """
    from rich.console import Console
    from rich.table import Table

    from bench.own_stack import own_stack
    from bench.watched import Watched

    try:
        wanted = [int(rate) for rate in rates.split(",")]
    except ValueError:
        raise click.BadParameter("whole numbers, parted by commas", param_hint="--rates") from None
    found: list[Latency] = []
    with own_stack("topics", "schemas", disk_bytes=int(200 * sum(wanted) * (seconds + _WARM_SECONDS)) + 10**9) as stack:
        contracts = _contracts_without_holding(stack.state_dir)
        service = [sys.executable, "-P", "-m", "millwright", "alerts", "run"]
        env = {"MILLWRIGHT_CONTRACTS_DIR": str(contracts), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        with Watched([service], env, stack.state_dir / "alerts.log") as running:
            for rate in wanted:
                found.append(_measure(rate, seconds, running))
    table = Table(
        "readings/s", "p50 ms", "p99", "p99.9", "max", "alerts", "service cores", "kept up", header_style="bold"
    )
    for one in found:
        times = (f"{ms:.1f}" for ms in (one.p50_ms, one.p99_ms, one.p999_ms, one.max_ms))
        cores, kept = f"{one.service_cores:.2f}", "yes" if one.kept_up else "no"
        table.add_row(f"{one.rate:,}", *times, f"{one.alerts:,}", cores, kept)
    Console(stderr=as_json).print(table)
    if as_json:
        click.echo(json.dumps({"seconds": seconds, "results": [asdict(one) for one in found]}))


def _contracts_without_holding(folder: Path) -> Path:
    """The contracts, with rules that let a machine raise again at once: so there are enough alerts to measure."""
    import shutil

    from millwright.settings import settings

    copied = folder / "contracts"
    shutil.copytree(settings().contracts_dir, copied)
    path = copied / "reference" / "alarm_rules.yml"
    rules = yaml.safe_load(path.read_text())
    path.write_text(
        yaml.safe_dump(
            [{**rule, "least_raised_seconds": 0} if rule["channel"] != "machine" else rule for rule in rules]
        )
    )
    return copied


def _measure(rate: int, seconds: float, running: Any) -> Latency:
    from bench.watched import cpu_seconds
    from millwright.errors import MillwrightError
    from millwright.registry import Registry

    consumer = _consumer()
    pid = running.processes[0].pid
    command = [sys.executable, "-P", "-m", "bench.alerts_traffic", str(rate), str(seconds), str(_WARM_SECONDS)]
    seen: list[tuple[float, Any]] = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as producer:
        cpu, begun, ended = cpu_seconds(pid), time.monotonic(), None
        while ended is None or time.monotonic() - ended < _AFTER_SECONDS + 1:
            batch = consumer.consume(500, 0.01)
            now = time.time()
            seen += [(now, message) for message in batch if message.error() is None]
            if running.ended() is not None:
                raise MillwrightError(f"The alerts ended: {running.last_words()}")
            if ended is None and producer.poll() is not None:
                ended = time.monotonic()
            if time.monotonic() - begun > seconds + _PATIENCE_SECONDS:
                raise MillwrightError(f"The producer did not end: {running.last_words()}")
        lasted = ended - begun
        used = cpu_seconds(pid) - cpu
        assert producer.stdout is not None
        told = json.loads(producer.stdout.read())
    consumer.close()
    return _latency(rate, told, _times(seen, Registry(), told["begun"]), used / lasted)


def _times(
    seen: list[tuple[float, Any]], registry: Any, begun: float
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """When readings that raised or ended an alarm were handed over, and when that was seen, in seconds since 1970."""
    from millwright.contracts import contract
    from streaming.accepted import accepted

    found = accepted(contract("equipment-alerts"), [message for _, message in seen], registry, 300.0)
    rule = found.rows["rule"].to_pylist()
    handed = found.rows["event_time"].cast("int64").to_numpy() / 1e6
    when = np.array([seen[at][0] for at in found.places.to_pylist()])
    counted = np.array([name.startswith("limit") for name in rule], dtype=bool) & (handed >= begun)
    return handed[counted], when[counted]


def _latency(rate: int, told: dict[str, Any], times: tuple[Any, Any], service_cores: float) -> Latency:
    handed, when = times
    ms = (when - handed) * 1000 if len(when) else np.array([np.nan])
    p50, p99, p999 = np.percentile(ms, [50, 99, 99.9])
    complete = len(ms) >= told["breaches"] and bool(np.all(when <= told["ended"] + _AFTER_SECONDS))
    return Latency(
        rate=rate,
        sent=told["sent"],
        alerts=len(when),
        p50_ms=round(float(p50), 2),
        p99_ms=round(float(p99), 2),
        p999_ms=round(float(p999), 2),
        max_ms=round(float(ms.max()), 2),
        service_cores=round(service_cores, 3),
        producer_cores=round(told["cores"], 3),
        kept_up=complete and told["late_seconds"] < 1.0,
    )


def _consumer() -> Any:
    """At the end of equipment-alerts, fetching at once."""
    from confluent_kafka import Consumer, TopicPartition

    from millwright.contracts import contract
    from millwright.settings import settings

    topic = contract("equipment-alerts").topic
    consumer = Consumer(
        {"bootstrap.servers": settings().kafka, "group.id": "bench-alerts", "enable.auto.commit": False, "log_level": 0}
    )
    places = [TopicPartition(topic, number) for number in consumer.list_topics(topic, 10).topics[topic].partitions]
    for place in places:
        place.offset = consumer.get_watermark_offsets(place, 10)[1]
    consumer.assign(places)
    return consumer
