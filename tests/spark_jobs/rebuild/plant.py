"""A small plant in a lake and a warehouse of the test's own: bronze → silver → raw → marts, without Kafka."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import Any

from millwright import dbt_runner, reference
from millwright.contracts import contract, contracts
from millwright.derived import computed_tables
from millwright.warehouse import session
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new
from spark_jobs.load import load_new
from tests.spark_jobs.bronze_writer import BronzeWriter

START = dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
MACHINES = ("m1", "m2")


class Plant:
    """Writes bronze, and takes it on to the marts."""

    def __init__(self) -> None:
        names = ("equipment-assets", "equipment-sensors", "equipment-status")
        self.bronze = {name: BronzeWriter(contract(name)) for name in names}
        reference.apply()

    def send(self, days: range) -> None:
        """Hourly readings, one spike a day, a failure and its repair each third day; a file per stream and machine."""
        for number, machine in enumerate(MACHINES):
            hours = [START + dt.timedelta(hours=h) for h in range(24 * days.start, 24 * days.stop)]
            readings = [reading(machine, at) for at in hours]
            self.bronze["equipment-sensors"].write(number, [*readings, readings[0]])  # one is sent twice
            failures = [START + dt.timedelta(days=day, hours=5) for day in days if day % 3 == 0]
            events = [
                {"equipment_id": machine, "event_time": at, "kind": kind, "component": "bearing"}
                for at in failures
                for kind in ("failure", "maintenance")
            ]
            if events:
                self.bronze["equipment-status"].write(number, events)
            if days.start == 0:
                asset = {"equipment_name": machine, "equipment_type": "press", "plant_id": "north"}
                self.bronze["equipment-assets"].write(number, [{"equipment_id": machine, "event_time": START, **asset}])

    def advance(self, engine: Engine, build: bool = True) -> None:
        """To silver, raw and, unless told, the marts."""
        for stream in contracts():
            cleanse_new(stream, engine)
            load_new(stream)
        compute_new(engine)
        for table in computed_tables():
            load_new(table)
        if build:
            dbt_runner.build()


def reading(machine: str, at: dt.datetime) -> dict[str, Any]:
    spike = 50.0 if at.hour == 13 else 0.0
    return {"equipment_id": machine, "event_time": at, "temperature": 60.0 + at.hour / 7 + spike, "vibration": 2.5}


def rebuild(*options: str, failpoint: str = "") -> subprocess.CompletedProcess[str]:
    """The command as a user gives it."""
    command = [sys.executable, "-P", "-m", "millwright", "rebuild", *options]
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint, "COLUMNS": "120"}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


def query(statement: str) -> list[tuple[Any, ...]]:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []
