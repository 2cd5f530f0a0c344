"""The soak itself: a whole stack, steady traffic, DAGs every two minutes; then kills, with the traffic going on."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from bench.own_stack import own_stack
from bench.report import say
from bench.soak.looks import Looks, availability, memory, thirds
from infra.local import stack as parts
from infra.local.demo.airflow import Airflow
from infra.local.demo.run import DAGS
from infra.local.status import status
from infra.local.watch import watch
from millwright.errors import MillwrightError
from millwright.settings import settings

_TOPIC = "equipment-sensors"
_HOURLY = "streaming_to_batch_etl"
_BYTES_PER_EVENT = 2_000  # measured: half of it; room is asked for beforehand
_KILL_PATIENCE_SECONDS = 300.0


@dataclass(frozen=True)
class Soak:
    """What a soak showed. By thirds of the time: the greatest lag in records, and the median memory of each part in
    MiB. `disk`: bytes that each folder grew by per event, in the first half and in the second."""

    rate: int
    minutes: float
    events: int
    runs: dict[str, int]  # ended well, by DAG
    failed: dict[str, int]
    lag: list[int]
    memory: dict[str, list[float]]
    disk: dict[str, list[float]]
    availability: dict[str, float]
    back_seconds: dict[str, float]  # after kill -9 of the part, until all answered again


def soak(rate: int, minutes: float, every_minutes: float, warm_minutes: float, kills: bool) -> Soak:
    """Raises MillwrightError when the stack does not start, or does not come back after a kill."""
    seconds = (minutes + warm_minutes) * 60
    kept = seconds + (1200 if kills else 0)
    with own_stack("postgres", disk_bytes=int(_BYTES_PER_EVENT * rate * kept) + 3 * 10**9) as stack:
        say("starting the whole stack ...")
        stack.start(*parts.wanted(settings()))
        airflow = Airflow()
        airflow.wait_for_dags(DAGS)
        airflow.settle("1970-01-01T00:00:00Z", lambda at_work: None)
        over = threading.Event()  # what goes down at the end is no news

        def tell(said: str) -> None:
            if not over.is_set():
                say(said)

        threading.Thread(target=watch, args=(settings(), tell), daemon=True).start()
        with _traffic(rate, kept):
            say(f"{rate:,} events a second; {warm_minutes:g} min to warm up ...")
            _work(airflow, warm_minutes, every_minutes)
            since = dt.datetime.now(dt.UTC).isoformat()
            with Looks(settings(), _TOPIC) as looks:
                _work(airflow, minutes, every_minutes)
            ended = Counter((dag, state) for dag, _, state in airflow.ended(since))
            back = {name: _back_after(name) for name in _killable()} if kills else {}
        over.set()
    taken = looks.taken
    by_third = [memory(third) for third in thirds(taken)]
    return Soak(
        rate=rate,
        minutes=minutes,
        events=int(rate * minutes * 60),
        runs={dag: count for (dag, state), count in sorted(ended.items()) if state == "success"},
        failed={dag: count for (dag, state), count in sorted(ended.items()) if state == "failed"},
        lag=[max((look.lag or 0 for look in third), default=0) for third in thirds(taken)],
        memory={part: [third.get(part, 0.0) for third in by_third] for part in by_third[0]},
        disk=_growth(rate, [(look.at, look.disk) for look in taken]),
        availability=availability(taken),
        back_seconds=back,
    )


@contextmanager
def _traffic(rate: int, seconds: float) -> Iterator[None]:
    command = [sys.executable, "-P", "-m", "bench.alerts_traffic", str(rate), str(seconds), "0", "20"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as producer:
        try:
            yield
            if producer.poll() is not None:
                raise MillwrightError("The producer of the events ended before the soak did.")
        finally:
            producer.kill()


def _work(airflow: Airflow, minutes: float, every_minutes: float) -> None:
    """The hourly DAG every so many minutes; assets wake the others as ever."""
    begun = time.monotonic()
    due = begun
    while (now := time.monotonic()) < begun + minutes * 60:
        if now >= due:
            due += every_minutes * 60
            try:
                airflow.trigger(_HOURLY)
                say(f"{(now - begun) / 60:.0f} of {minutes:g} min")
            except MillwrightError as error:  # an outage, which the looks see as well
                say(error.message)
        time.sleep(1)


def _killable() -> list[str]:
    return [state.part for state in status(settings()) if state.pid is not None]


def _back_after(name: str) -> float:
    """Seconds from a kill of a part until every part answers; the watch heals."""
    running = parts.supervised(settings(), name).running()
    if running is None:
        raise MillwrightError(f"{name} does not run.")
    psutil.Process(running.pid).kill()
    begun = time.monotonic()
    while True:
        time.sleep(0.5)
        new = parts.supervised(settings(), name).running()
        if new and new.pid != running.pid and all(state.state == "running" for state in status(settings())):
            break
        if time.monotonic() - begun > _KILL_PATIENCE_SECONDS:
            raise MillwrightError(
                f"{name} was killed, and the stack was not back after {_KILL_PATIENCE_SECONDS:.0f} s."
            )
    took = time.monotonic() - begun
    say(f"{name} killed; all answers after {took:.0f} s")
    time.sleep(15)  # what the kill set going, such as tasks that are tried again, is not the next one's
    return took


def _growth(rate: int, looks: list[tuple[float, dict[str, int]]]) -> dict[str, list[float]]:
    """Bytes per event by folder, in each half of the looks."""
    middle = len(looks) // 2
    found: dict[str, list[float]] = {}
    for (begun, before), (ended, after) in ((looks[0], looks[middle]), (looks[middle], looks[-1])):
        for name in after:
            grown = after[name] - before.get(name, 0)
            found.setdefault(name, []).append(grown / (rate * max(ended - begun, 1e-9)))
    return found
