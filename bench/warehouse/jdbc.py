"""Spark's JDBC writer: our own pyspark 4.2 in a process of its own, two cores, with PostgreSQL's driver."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bench.environments import classpath, full_jdk
from millwright.errors import MillwrightError
from millwright.warehouse import dsn

_PATIENCE_SECONDS = 600.0


def append(lots: Sequence[Sequence[str]], tables: Sequence[str], columns: Sequence[str]) -> list[float]:
    """Seconds that each lot of Parquet files took into its table, after a warm-up into `warm_up`.

    Raises MillwrightError when there is no full JDK, the driver cannot be fetched, or Spark fails.
    """
    server = urlsplit(dsn())
    options = {
        "url": f"jdbc:postgresql://{server.hostname}:{server.port}{server.path}?reWriteBatchedInserts=true",
        "user": unquote(server.username or ""),
        "password": unquote(server.password or ""),
        "driver": "org.postgresql.Driver",
        "batchsize": "10000",  # of 1000 by default, which is slower
    }
    java = full_jdk()
    job = {
        "jars": ",".join(map(str, classpath("spark-jdbc"))),
        "jdbc": options,
        "lots": list(zip(lots, tables, strict=True)),
        "columns": list(columns),
    }
    environment = {**os.environ, "JAVA_HOME": str(java.parent.parent), "PYSPARK_PYTHON": sys.executable}
    for name in ("SPARK_HOME", "SPARK_CONNECT_MODE_ENABLED", "SPARK_REMOTE"):  # of a session of this process's
        environment.pop(name, None)
    command = [sys.executable, str(Path(__file__).with_name("append_job.py"))]
    done = subprocess.run(
        command,
        input=json.dumps(job),
        env=environment,
        capture_output=True,
        text=True,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise MillwrightError(f"Spark could not append: {said[-1] if said else done.returncode}.")
    return [float(seconds) for seconds in json.loads(done.stdout.splitlines()[-1])]
