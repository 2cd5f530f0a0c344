"""The same PySpark code on embedded Sail, on Spark in this process, and on a Spark Connect server."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyspark
import pytest

from millwright.contracts import contract
from millwright.derived import computed_tables, equipment_conditions, sensor_hours
from millwright.settings import settings
from tests.spark_jobs.bronze_writer import BronzeWriter
from tests.spark_jobs.features_oracle import differences, same
from tests.spark_jobs.silver_streams import rows_of

JOB = """
from spark_jobs.cleanse import cleanse_new
from spark_jobs.engine import Engine
from spark_jobs.features import compute_new
with Engine() as engine:
    for stream in ("equipment-sensors", "equipment-status", "equipment-assets"):
        cleanse_new(stream, engine)
    compute_new(engine)
"""
STREAMS = ("equipment-sensors", "equipment-status", "equipment-assets")
START = dt.datetime(2024, 2, 27, 22, tzinfo=dt.UTC)

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="Spark in this process needs a full JDK 17 (Debian: openjdk-17-jdk-headless)."
)


def send_a_plant() -> None:
    """Three machines for four days: duplicates, corrections, nulls, jumps, and events of every kind."""
    draw = random.Random(7)
    sensors, status, assets = (BronzeWriter(contract(stream)) for stream in STREAMS)
    for number in range(3):
        machine = f"M-{number}"
        assets.write(0, [_asset(machine, START - dt.timedelta(days=1))])
        readings = [_reading(draw, machine, 7 * n) for n in range(4 * 24 * 60 // 7)]
        again = [_reading(draw, machine, 7 * n) for n in range(0, 700, 50)]
        sensors.write(number, [*readings[300:], *readings[:300], *again])
        kinds = ["running", "idle", "down", "error", "failure", "maintenance"]
        status.write(0, [_event(draw, machine, 97 * n, draw.choice(kinds)) for n in range(60)])


def _reading(draw: random.Random, machine: str, minutes: int) -> dict[str, object]:
    values = {f.name: round(draw.gauss(100, 3), 3) for f in contract("equipment-sensors").channels}
    values["temperature"] = 400.0 if draw.random() < 0.01 else values["temperature"]
    values["pressure"] = None if draw.random() < 0.3 else values["pressure"]
    return {"equipment_id": machine, "event_time": START + dt.timedelta(minutes=minutes), **values}


def _event(draw: random.Random, machine: str, minutes: int, kind: str) -> dict[str, object]:
    part = draw.choice(["belt", "pump"]) if kind in ("failure", "maintenance") else None
    at = START + dt.timedelta(minutes=minutes)
    return {"equipment_id": machine, "event_time": at, "kind": kind, "component": part, "code": "E1"}


def _asset(machine: str, at: dt.datetime) -> dict[str, object]:
    names = {"equipment_name": machine, "equipment_type": "press", "plant_id": "P-1"}
    return {"equipment_id": machine, "event_time": at, "commissioned_at": START - dt.timedelta(days=900), **names}


def compute(lake: Path, spark_url: str) -> None:
    environment = {**os.environ, "MILLWRIGHT_LAKE_URL": f"file://{lake}", "MILLWRIGHT_SPARK_URL": spark_url}
    subprocess.run([sys.executable, "-c", JOB], env=environment, check=True, timeout=240)


@contextmanager
def spark_connect(log: Path) -> Iterator[str]:
    """A Spark Connect server of Spark's own, as on a cluster; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"spark.connect.grpc.binding.address": "127.0.0.1", "spark.connect.grpc.binding.port": port}
    settings |= {"spark.driver.host": "127.0.0.1", "spark.driver.bindAddress": "127.0.0.1", "spark.ui.enabled": "false"}
    settings |= {"spark.sql.shuffle.partitions": 2}
    submit = [Path(pyspark.__file__).parent / "bin" / "spark-submit", "--master", "local[2]"]
    submit += ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer"]
    submit += [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    environment = {**os.environ, "PYSPARK_PYTHON": sys.executable}
    with log.open("w") as out, subprocess.Popen([*submit, "spark-internal"], stderr=out, env=environment) as server:
        try:
            deadline = time.monotonic() + 120
            while server.poll() is None and time.monotonic() < deadline:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.2)
            yield f"sc://127.0.0.1:{port}"
        finally:
            server.terminate()


@contextmanager
def reading(lake: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_LAKE_URL", f"file://{lake}")
        settings.cache_clear()
        yield
    settings.cache_clear()


def assert_same_values(one: Path, other: Path) -> None:
    specs = [*(contract(stream) for stream in STREAMS), sensor_hours(), equipment_conditions()]
    for spec in [*specs, *computed_tables().values()]:
        with reading(one):
            wanted = rows_of(spec)
        with reading(other):
            found = rows_of(spec)
        assert wanted, spec.table
        assert differences(found, wanted, 2, same) == [], spec.table


@needs_java
def test_sail_spark_and_a_connect_server_give_the_same_values(tmp_path):
    with reading(tmp_path / "sail"):
        send_a_plant()
    for other in ("spark", "connect"):
        shutil.copytree(tmp_path / "sail", tmp_path / other)
    compute(tmp_path / "sail", "")
    compute(tmp_path / "spark", "local")
    assert_same_values(tmp_path / "sail", tmp_path / "spark")
    with spark_connect(tmp_path / "server.log") as address:
        compute(tmp_path / "connect", address)
    assert_same_values(tmp_path / "sail", tmp_path / "connect")
