"""Spark Structured Streaming: Kafka to Parquet (zstd) with a checkpoint, on two cores of one JVM."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.dataset as ds

from bench.columns import in_range, plain_schema
from bench.contender import Result
from bench.environments import classpath, full_jdk, packages, python
from bench.watched import Watched
from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.settings import settings

NAME = "spark 4.0"
_BATCHES = 4  # few and large: each costs Spark about a second beyond its records
_PATIENCE_SECONDS = 1800.0


def prepare() -> None:
    """Install what is missing. Raises MillwrightError with the reason when that is not possible."""
    full_jdk()
    python("spark")
    classpath("spark")


def land(contract: Contract, records: int, folder: Path) -> Result:
    """Run the query to the topic's present end. Raises MillwrightError when not all records are in its files."""
    home, out = folder / "spark", folder / "spark" / "out"
    home.mkdir()
    options = json.dumps(_options(contract, records, home))
    command = [str(python("spark")), str(Path(__file__).with_name("spark_job.py")), options]
    env = {
        "JAVA_HOME": str(full_jdk().parent.parent),
        "SPARK_HOME": str(packages("spark") / "pyspark"),
        "SPARK_LOCAL_DIRS": str(home),
        "PYSPARK_PYTHON": str(python("spark")),
        "PYTHONPATH": "",
    }
    with Watched([command], env, home / "log") as run:
        code = run.wait(_PATIENCE_SECONDS)
    said = run.log.read_text()
    landed = ds.dataset(out, format="parquet").count_rows() if code == 0 else 0
    if landed != records:
        raise MillwrightError(f"it landed {landed:,} of {records:,} records: {run.last_words()}")
    return Result(NAME, records, records / steady_rate(said), run.cpu_seconds, run.peak_rss_mb)


def steady_rate(said: str) -> float:
    """Records a second of all batches but the first, in which Spark compiles its plan and starts its consumers."""
    batches: list[tuple[int, int]] = json.loads(said.splitlines()[-1])[1:]
    return sum(rows for rows, _ in batches) / sum(ms for _, ms in batches) * 1000


def _options(contract: Contract, records: int, home: Path) -> dict[str, object]:
    return {
        "spark": {
            "spark.jars": ",".join(map(str, classpath("spark"))),
            "spark.driver.memory": "2g",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.driver.extraJavaOptions": f"-Djava.io.tmpdir={home}",
        },
        "source": {
            "kafka.bootstrap.servers": settings().kafka,
            "kafka.max.poll.records": "10000",  # of 500 by default
            "subscribe": contract.topic,
            "startingOffsets": "earliest",
            "maxOffsetsPerTrigger": str(records // _BATCHES + 100),  # no remainder that makes a batch
        },
        "schema": json.dumps(plain_schema(contract)),
        "condition": in_range(contract),
        "out": str(home / "out"),
        "checkpoints": str(home / "checkpoints"),
    }
