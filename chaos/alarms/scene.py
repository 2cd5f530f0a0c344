"""What the faults share: a stack, a Prometheus that watches it, and ways to do harm to it and good."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg2

from chaos.alarms.prometheus import Watched
from chaos.disk import Disk
from infra.local import databases
from infra.local.demo.airflow import Airflow
from infra.local.temporary import TemporaryStack
from millwright.publisher import publish
from millwright.settings import settings
from millwright.warehouse import session

STREAM = "equipment-sensors"


@dataclass(frozen=True)
class Scene:
    """`where` takes logs; `tell` hears what has been seen."""

    stack: TemporaryStack
    airflow: Airflow
    watched: Watched
    disk: Disk
    where: Path
    tell: Callable[[str], None]

    def fires(self, alert: str, why: str) -> None:
        """Wait until an alert fires, and tell how long that took."""
        self.tell(self.watched.fires(alert, why))

    def is_over(self, alert: str, why: str) -> None:
        """Wait until it does not fire any more, and tell how long that took."""
        self.tell(self.watched.is_over(alert, why))

    def let(self, dag_id: str, **asked: object) -> None:
        """A run as a person starts it, and whatever its assets wake."""
        since = datetime.now(UTC).isoformat()
        self.airflow.trigger(dag_id, **asked)
        self.airflow.settle(since, lambda at_work: None)

    @contextmanager
    def running(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """A command of ours as a process of its own, its log beside the others."""
        with (self.where / f"{command[0]}.log").open("ab") as log:
            process = subprocess.Popen([sys.executable, "-P", "-m", "millwright", *command], stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)


def send(count: int) -> None:
    """Readings of twenty machines, a millisecond apart, the newest of now."""
    now = datetime.now(UTC)
    publish(
        STREAM,
        [
            {
                "equipment_id": f"M{number % 20:04}",
                "event_time": now - timedelta(milliseconds=count - number),
                "temperature": 50.0 + number % 7,
            }
            for number in range(count)
        ],
    )


def change(statement: str) -> None:
    """Something that time, or somebody, did to the warehouse."""
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


def change_airflow(statement: str) -> None:
    """The same of Airflow's own database."""
    connection = psycopg2.connect(databases.url(settings(), "airflow").replace("+psycopg2", ""))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
    finally:
        connection.close()
