"""Airflow disturbed: a month backfilled twice, a run missed, a day without data, a day broken, and parts killed."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil

from chaos.progress import Progress
from infra.local import stack
from infra.local.demo.airflow import Airflow
from infra.local.temporary import stack_of_its_own
from infra.local.watch import watch
from millwright.checksums import Checksum, checksums
from millwright.contracts import contract
from millwright.errors import MillwrightError
from millwright.lake import list_bronze
from millwright.quality_tables import OF_RUNS
from millwright.settings import settings
from millwright.warehouse import session

PARTS = ("airflow-triggerer", "airflow-dag-processor", "airflow-scheduler", "airflow-api", "mlflow", "reference")
KILLED = ("airflow-scheduler", "airflow-dag-processor", "airflow-triggerer", "airflow-api", "postgres")
STEPS = ("topics", "schemas", "dbt sources")
_END = dt.date(2026, 3, 1)  # of the history, midnight
_SENSORS = "equipment-sensors"
_TRIALS = 13
_BACKFILL_PATIENCE_SECONDS = 180.0
_PATIENCE_SECONDS = 1800.0  # a task that was killed is tried again after five minutes


@dataclass(frozen=True)
class Finding:
    """What a trial showed."""

    trial: str
    holds: bool
    seconds: float
    said: str

    @property
    def line(self) -> str:
        return f"{'right' if self.holds else 'WRONG'}  {self.trial}  {self.seconds:.0f} s  {self.said}"


def run(days: int, progress: Progress, tell: Callable[[Finding], None]) -> list[Finding]:
    """All trials on a stack of their own; `tell` hears each finding as it comes.

    Raises MillwrightError when the stack itself fails.
    """
    progress.step("starting the stack")
    with stack_of_its_own("chaos-airflow", *PARTS, *STEPS):
        return trials(days, progress, tell)


def trials(days: int, progress: Progress, tell: Callable[[Finding], None]) -> list[Finding]:
    """All trials on the stack that the settings name, whose topics are empty."""
    airflow = Airflow()
    airflow.wait_for_dags({"streaming_to_batch_etl", "recompute_days", "dbt_transformations"})
    _settle(airflow)
    healer = threading.Thread(target=watch, args=(settings(), lambda said: progress.step(said)), daemon=True)
    healer.start()
    first = _END - dt.timedelta(days=days)
    _send(first, _END - dt.timedelta(days=1))
    _let(airflow, "streaming_to_batch_etl")
    before, found = tables(), list[Finding]()

    def trial(name: str, deed: Callable[[], str]) -> None:
        progress.step(name, len(found), _TRIALS)
        began = time.monotonic()
        said = deed()
        differing = _differing(before, tables())
        told = said or (f"{len(before)} tables as before" if not differing else f"differ: {', '.join(differing)}")
        found.append(Finding(name, not differing and not said, time.monotonic() - began, told))
        tell(found[-1])

    for time_of in ("first", "second"):
        trial(f"{days} days in one run, the {time_of} time", lambda: _in_one_run(airflow, first))
    for time_of in ("first", "second"):
        trial(f"{days} days backfilled, the {time_of} time", lambda: _backfill(airflow, first, _END))
    trial("a day without any data", lambda: _backfill(airflow, dt.date(2025, 6, 1), dt.date(2025, 6, 2)))
    trial("a broken day", lambda: _broken_day(airflow))
    for part in (
        "airflow-scheduler",
        "airflow-dag-processor",
        "airflow-triggerer",
        "airflow-api",
        "worker",
        "postgres",
    ):
        trial(f"{part} killed in mid-run", partial(_killed, airflow, part, first))
    found.append(_missed_hours(airflow, progress, len(found)))
    tell(found[-1])
    return found


def tables() -> dict[str, Checksum]:
    """Checksums of raw, intermediate and marts, without those that tell of runs."""
    with session() as connection, connection.cursor() as cursor:
        found = checksums(cursor, ("raw", "intermediate", "marts"))
    return {name: each for name, each in found.items() if name not in OF_RUNS}


def _differing(before: dict[str, Checksum], after: dict[str, Checksum]) -> list[str]:
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _backfill(airflow: Airflow, first: dt.date, end: dt.date) -> str:
    since, deadline = _now(), time.monotonic() + _BACKFILL_PATIENCE_SECONDS
    while True:
        try:
            airflow.backfill("recompute_days", str(first), str(end - dt.timedelta(days=1)))
            break
        except MillwrightError:  # the one before is through, and Airflow has not said so yet
            if time.monotonic() > deadline:
                raise
            time.sleep(5)
    _settle(airflow)
    runs = [state for dag, _, state in airflow.ended(since) if dag == "recompute_days"]
    failed = runs.count("failed")
    return "" if len(runs) == (end - first).days and not failed else f"{len(runs)} runs ended, {failed} of them failed"


def _in_one_run(airflow: Airflow, first: dt.date) -> str:
    since = _now()
    airflow.trigger("recompute_days", first=str(first), last=str(_END - dt.timedelta(days=1)))
    _settle(airflow)
    ended = [state for dag, _, state in airflow.ended(since) if dag == "recompute_days"]
    return "" if ended == ["success"] else f"the run ended as {ended}"


def _broken_day(airflow: Airflow) -> str:
    """A file of bronze is damaged: the run says which; put back, it goes on."""
    path = Path(max(list_bronze(contract(_SENSORS).topic), key=lambda file: file.accepted).path)
    whole = path.read_bytes()
    day = str(_END - dt.timedelta(days=5))
    try:
        path.write_bytes(whole[: len(whole) // 2])
        said = subprocess.run([*_millwright(), "recompute", "--from", day], capture_output=True, text=True, check=False)
    finally:
        path.write_bytes(whole)
    if said.returncode == 0 or "Traceback" in said.stderr:
        return f"the damage was not told: {said.stderr[-200:]}"
    return _backfill(airflow, _END - dt.timedelta(days=5), _END - dt.timedelta(days=4))


def _killed(airflow: Airflow, part: str, first: dt.date) -> str:
    """Kill it while a task computes; the watch heals it, and the run finishes."""
    since = _now()
    airflow.trigger("recompute_days", first=str(first), last=str(_END - dt.timedelta(days=1)))
    deadline = time.monotonic() + 180
    while not (workers := _workers()) and time.monotonic() < deadline:
        time.sleep(0.1)
    if not workers:
        return "no task began"
    time.sleep(3)
    if part == "worker":
        for process in workers:
            with suppress(psutil.NoSuchProcess):  # its parent's death was its own
                process.kill()
    else:
        running = stack.supervised(settings(), part).running()
        if running is None:
            return f"{part} did not run"
        psutil.Process(running.pid).kill()
    _settle(airflow)
    ended = [state for dag, _, state in airflow.ended(since) if dag == "recompute_days"]
    return "" if ended == ["success"] else f"the run ended as {ended}"


def _workers() -> list[psutil.Process]:
    """The scheduler's workers that have a task, with the task's own process."""
    running = stack.supervised(settings(), "airflow-scheduler").running()
    if running is None:
        return []
    found = []
    for worker in psutil.Process(running.pid).children():
        with suppress(psutil.NoSuchProcess):  # it has just ended
            found += [worker, *inner] if (inner := worker.children(recursive=True)) else []
    return found


def _missed_hours(airflow: Airflow, progress: Progress, done: int) -> Finding:
    """Records of a day come and no run takes them; the next takes them all, and a backfill changes nothing."""
    progress.step("a missed hour", done, done + 1)
    began, rows = time.monotonic(), tables()["raw.sensor_readings"].rows
    _send(_END - dt.timedelta(days=1), _END)
    _let(airflow, "streaming_to_batch_etl")
    before = tables()
    said = _backfill(airflow, _END - dt.timedelta(days=1), _END)
    differing, new = _differing(before, tables()), before["raw.sensor_readings"].rows - rows
    holds = new > 0 and not differing and not said
    told = said or (f"{new} readings taken by the next run" if holds else f"differ: {', '.join(differing)}")
    return Finding("runs missed for a day", holds, time.monotonic() - began, told)


def _send(first: dt.date, end: dt.date) -> None:
    plant = ["--machines=4", f"--days={(end - first).days}", "--seed=11", f"--end={end}T00:00:00Z"]
    subprocess.run([*_millwright(), "simulate", *plant], check=True, capture_output=True)


def _let(airflow: Airflow, dag_id: str) -> None:
    airflow.trigger(dag_id)
    _settle(airflow)


def _settle(airflow: Airflow) -> None:
    """Wait until no run is under way, twice in a row; parts may be away meanwhile."""
    deadline, quiet = time.monotonic() + _PATIENCE_SECONDS, 0
    while quiet < 2:
        if time.monotonic() > deadline:
            raise MillwrightError(f"Airflow had not finished after {_PATIENCE_SECONDS:.0f} s.")
        time.sleep(2)
        try:
            quiet = 0 if airflow.is_at_work() else quiet + 1
        except MillwrightError:
            quiet = 0


def _millwright() -> list[str]:
    return [sys.executable, "-P", "-m", "millwright"]


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat()
