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
from functools import cached_property
from pathlib import Path
from typing import Any

from rich.console import Console

from infra.local.demo.airflow import Airflow
from infra.local.demo.ledger import Ledger
from millwright.errors import MillwrightError
from millwright.settings import settings

DAGS = {"streaming_to_batch_etl", "dbt_transformations", "ml_model_training", "ml_batch_prediction"}
SPECS = ["failure", "anomaly"]  # what is trained at once; the daily run trains all that ship
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

    @cached_property
    def ledger(self) -> Ledger:
        """What has been sent to this stack."""
        return Ledger(settings().state_dir / "demo-sent.json")

    def run(self) -> None:
        """Bring the stack up, send, and let Airflow's scheduler do the rest. Raises MillwrightError naming the step."""
        with self.step("Start the stack"):
            command("up")
            airflow = Airflow()
            airflow.wait_for_dags(DAGS)
            # A DAG that is new runs once at once; done with nothing to do, it is out of the way.
            self.settle(airflow, datetime.now(UTC).isoformat())
        source = str(self.data.resolve()) if self.data else "simulate"
        if source in self.ledger.entries:
            self.console.print(f"The history was sent {self.ledger.entries[source]['at']}; it is not sent again.")
        else:
            with self.step("Send the history"):
                self.ledger.record(source, self.send)
        with self.step("Land, cleanse, load and build the marts"):
            self.let_run(airflow, "streaming_to_batch_etl")
        with self.step("Train and predict"):
            # A new champion's asset wakes the prediction, which then brings the marts up to date.
            self.let_run(airflow, "ml_model_training", specs=SPECS)
        if not self.data and self.live_seconds:
            with self.step(f"A live stream for {self.live_seconds} s, and its way to the marts"):
                self.ledger.record(f"live {datetime.now(UTC).isoformat()}", self.live)
                self.let_run(airflow, "streaming_to_batch_etl")

    def let_run(self, airflow: Airflow, dag_id: str, **params: Any) -> None:
        """Start a DAG as the button in the web UI does; wait for it and for all that its assets wake in turn."""
        since = datetime.now(UTC).isoformat()
        airflow.trigger(dag_id, **params)
        self.settle(airflow, since)

    def settle(self, airflow: Airflow, since: str) -> None:
        with self.console.status("") as status:
            airflow.settle(since, lambda at_work: status.update(f"Airflow: {at_work}"))
        for dag_id, runs in Counter(airflow.finished(since)).items():
            self.console.print(f"  [green]✓[/] {dag_id}{f', {runs} runs' if runs > 1 else ''}", highlight=False)

    def send(self) -> dict[str, Any]:
        """The history, until all of it was acknowledged."""
        at = datetime.now(UTC).isoformat(timespec="seconds")
        if self.data:
            return {"at": at, "sent": sending("replay", "azure-pdm", str(self.data))}
        return {"at": at, "sent": sending("simulate", *self.plant(), *FAULTS)}

    def live(self) -> dict[str, Any]:
        """The same plant, in real time."""
        live = ["--no-history", f"--live={self.live_seconds}", f"--rate={_LIVE_RATE}"]
        return {"sent": sending("simulate", *self.plant(), *live)}

    def plant(self) -> list[str]:
        """The simulated plant; whoever begins anew after an interruption sends the same one."""
        now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        end = self.ledger.plan("simulate", now.isoformat())
        truth = settings().state_dir / "demo-truth.json"
        return [f"--machines={self.machines}", f"--days={self.days}", "--seed=7", f"--end={end}", f"--truth={truth}"]

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        self.console.rule(f"[bold]{title}", align="left")
        begun = time.monotonic()
        yield
        self.steps[title] = round(time.monotonic() - begun, 1)
        self.console.print(f"  [dim]{self.steps[title]} s[/]")


def sending(*args: str) -> dict[str, int]:
    """Run a command that sends; messages by stream, from the summary that it writes."""
    path = settings().state_dir / "demo-sending.json"
    command(*args, "--summary", str(path))
    return dict(json.loads(path.read_text())["sent"])


def command(*args: str) -> None:
    """Run `millwright …` as a user would, its output going to the screen. Raises MillwrightError when it fails."""
    code = subprocess.run([sys.executable, "-m", "millwright", *args]).returncode
    if code:
        raise MillwrightError(f"`millwright {args[0]}` ended with status {code}.", "What it said stands above.")
