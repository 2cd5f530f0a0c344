"""The demo's steps, each by the interface a user has: the command line, and Airflow's REST API."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.local.demo.airflow import Airflow
from millwright.errors import MillwrightError
from millwright.settings import settings

DAGS = {"streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "ml_batch_prediction"}
_LIVE_RATE = 20  # readings a second over all machines
FAULTS = ["--duplicates", "0.01", "--corrupt", "0.005", "--late", "0.02"]


@dataclass
class Demo:
    """What is sent, and how long each step took, in seconds."""

    console: Console
    data: Path | None
    machines: int
    days: int
    live_seconds: int
    steps: dict[str, float] = field(default_factory=dict)

    @property
    def ledger(self) -> Path:
        """What has been sent to this stack, so that a second demo does not send the history again."""
        return settings().state_dir / "demo-sent.json"

    def run(self) -> None:
        """Bring the stack up, send, and let Airflow's scheduler do the rest. Raises MillwrightError naming the step."""
        with self.step("Start the stack"):
            command("up")
            airflow = Airflow()
            airflow.wait_for_dags(DAGS)
            # A DAG that is new runs once at once; done with nothing to do, it is out of the way.
            self.settle(airflow, datetime.now(UTC).isoformat())
        ledger = self.read_ledger()
        source = str(self.data.resolve()) if self.data else "simulate"
        if source in ledger:
            self.console.print(f"The history was sent {ledger[source]['at']}; it is not sent again.")
        else:
            with self.step("Send the history"):
                self.send(source, ledger)
        with self.step("Land, cleanse, load and build the marts"):
            self.let_run(airflow, "streaming_to_batch_etl")
        with self.step("Train and predict"):
            # A new champion's asset wakes the prediction, which then brings the marts up to date.
            self.let_run(airflow, "ml_model_training")
        if not self.data and self.live_seconds:
            with self.step(f"A live stream for {self.live_seconds} s, and its way to the marts"):
                self.live(ledger)
                self.let_run(airflow, "streaming_to_batch_etl")

    def let_run(self, airflow: Airflow, dag_id: str) -> None:
        """Start a DAG as the button in the web UI does; wait for it and for all that its assets wake in turn."""
        since = datetime.now(UTC).isoformat()
        airflow.trigger(dag_id)
        self.settle(airflow, since)

    def settle(self, airflow: Airflow, since: str) -> None:
        with self.console.status("") as status:
            airflow.settle(since, lambda at_work: status.update(f"Airflow: {at_work}"))
        for dag_id in airflow.finished(since):
            self.console.print(f"  [green]✓[/] {dag_id}")

    def send(self, source: str, ledger: dict[str, Any]) -> None:
        """Send the history once; the ledger is written when all of it was acknowledged."""
        at = datetime.now(UTC).replace(microsecond=0)
        end = at.replace(minute=0, second=0).isoformat()
        if self.data:
            summary = sending("replay", "azure-pdm", str(self.data))
        else:
            summary = sending("simulate", *self.plant(end), *FAULTS)
        self.keep(source, {"at": at.isoformat(), "end": end, "sent": summary["sent"]}, ledger)

    def sent(self) -> dict[str, int]:
        """Messages sent to this stack by all demos so far, by stream."""
        return dict(sum((Counter(each["sent"]) for each in self.read_ledger().values()), Counter()))

    def read_ledger(self) -> dict[str, Any]:
        return dict(json.loads(self.ledger.read_text())) if self.ledger.exists() else {}

    def keep(self, source: str, entry: dict[str, Any], ledger: dict[str, Any]) -> None:
        ledger[source] = entry
        beside = self.ledger.with_suffix(".new")
        beside.write_text(json.dumps(ledger, indent=2))
        beside.replace(self.ledger)

    def plant(self, end: str) -> list[str]:
        truth = settings().state_dir / "demo-truth.json"
        return [f"--machines={self.machines}", f"--days={self.days}", "--seed=7", f"--end={end}", f"--truth={truth}"]

    def live(self, ledger: dict[str, Any]) -> None:
        """The same plant, in real time; the messages are added to the ledger."""
        end = ledger["simulate"]["end"]
        live = ["--no-history", f"--live={self.live_seconds}", f"--rate={_LIVE_RATE}"]
        summary = sending("simulate", *self.plant(end), *live)
        self.keep(f"live {datetime.now(UTC).isoformat()}", {"sent": summary["sent"]}, ledger)

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.console.rule(f"[bold]{title}", align="left")
        begun = time.monotonic()
        yield
        self.steps[title] = round(time.monotonic() - begun, 1)
        self.console.print(f"  [dim]{self.steps[title]} s[/]")


def sending(*args: str) -> dict[str, Any]:
    """Run a command that sends, and read the summary that it writes."""
    path = settings().state_dir / "demo-sending.json"
    command(*args, "--summary", str(path))
    return dict(json.loads(path.read_text()))


def command(*args: str) -> None:
    """Run `millwright …` as a user would, its output going to the screen. Raises MillwrightError when it fails."""
    code = subprocess.run([sys.executable, "-m", "millwright", *args]).returncode
    if code:
        raise MillwrightError(f"`millwright {args[0]}` ended with status {code}.", "What it said stands above.")
