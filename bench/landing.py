"""`millwright bench landing`: how long after a reading the file that holds it is published."""

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
import numpy.typing as npt

TOPIC = "equipment-sensors"
_AFTER_SECONDS = 5.0  # beyond the age of rolling
_JOIN_SECONDS = 60.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Landing:
    """Seconds from handing a reading to the producer to the publication of its file, at one rate."""

    rate: int
    roll_seconds: float
    readings: int
    files: int
    p50_seconds: float
    p99_seconds: float
    max_seconds: float

    @property
    def in_time(self) -> bool:
        """Whether the promise is kept: p99 within the age of rolling and a second."""
        return self.p99_seconds <= self.roll_seconds + 1


@click.command()
@click.option("--rate", default=10_000, show_default=True, type=click.IntRange(1), help="Readings a second.")
@click.option("--seconds", default=40.0, show_default=True, type=click.FloatRange(1), help="How long they are sent.")
@click.option("--roll-seconds", default=10.0, show_default=True, type=click.FloatRange(0.1), help="Age of rolling.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON on the last line.")
def landing(rate: int, seconds: float, roll_seconds: float, as_json: bool) -> None:
    """How long after a reading the file that holds it is published.

    A producer process sends at a steady rate, `millwright sink run` lands; every file's time of publication is held
    against each reading in it.
    """
    from rich.console import Console
    from rich.table import Table

    found = measure(rate, seconds, roll_seconds)
    table = Table("readings/s", "roll s", "p50 s", "p99", "max", "files", "within roll + 1 s", header_style="bold")
    times = (f"{value:.2f}" for value in (found.p50_seconds, found.p99_seconds, found.max_seconds))
    table.add_row(f"{rate:,}", f"{roll_seconds:g}", *times, f"{found.files:,}", "yes" if found.in_time else "no")
    Console(stderr=as_json).print(table)
    if as_json:
        click.echo(json.dumps(asdict(found) | {"in_time": found.in_time}))


def measure(rate: int, seconds: float, roll_seconds: float) -> Landing:
    """Start a broker, the sink and a producer of readings; what the lake tells when all have landed."""
    from bench.own_stack import own_stack
    from bench.watched import Watched
    from millwright.settings import settings

    with own_stack("topics", "schemas", disk_bytes=int(300 * rate * seconds) + 10**9) as stack:
        sink = [sys.executable, "-P", "-m", "millwright", "sink", "run"]
        env = {"MILLWRIGHT_SINK_ROLL_SECONDS": str(roll_seconds)}
        with Watched([sink], env, stack.state_dir / "sink.log") as running:
            _await_the_group(settings().sink_group, running)
            traffic = [sys.executable, "-P", "-m", "bench.alerts_traffic", str(rate), str(seconds), "0"]
            sent = json.loads(subprocess.run(traffic, stdout=subprocess.PIPE, check=True).stdout)["sent"]
            waits, files = _landed(sent, roll_seconds + _AFTER_SECONDS, running)
    p50, p99 = np.percentile(waits, [50, 99])
    shown = [round(float(value), 3) for value in (p50, p99, waits.max())]
    return Landing(rate, roll_seconds, len(waits), files, *shown)


def _await_the_group(group: str, running: Any) -> None:
    from infra.local.services import consumes
    from millwright.errors import MillwrightError
    from millwright.settings import settings

    give_up = time.monotonic() + _JOIN_SECONDS
    while not consumes(settings(), group):
        if running.ended() is not None or time.monotonic() > give_up:
            raise MillwrightError(f"The sink does not come up: {running.last_words()}")
        time.sleep(0.2)


def _landed(sent: int, patience: float, running: Any) -> tuple[Floats, int]:
    """Each reading's wait in seconds, and the number of files, once all that was sent has landed."""
    from millwright import bronze
    from millwright.errors import MillwrightError
    from millwright.lake import list_bronze

    give_up = time.monotonic() + patience
    while sum(file.accepted for file in list_bronze(TOPIC)) < sent:
        if running.ended() is not None or time.monotonic() > give_up:
            raise MillwrightError(f"Not all of {sent:,} readings have landed: {running.last_words()}")
        time.sleep(0.2)
    waits, files = [], list_bronze(TOPIC)
    for file in files:
        published = Path(file.path).stat().st_ctime  # set by the link to its name
        handed = np.array([row["event_time"].timestamp() for row in bronze.read(Path(file.path).read_bytes())])
        waits.append(published - handed)
    return np.concatenate(waits), len(files)
