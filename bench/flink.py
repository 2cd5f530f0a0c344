"""Flink: one SQL job, Kafka to Parquet (zstd), exactly once; the first job of a fresh JVM."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pyarrow.dataset as ds

from bench.columns import in_range, sql_type
from bench.contender import Result
from bench.environments import classpath, full_jdk, packages
from bench.watched import Watched
from millwright.contracts import Contract
from millwright.errors import MillwrightError
from millwright.settings import settings

NAME = "flink 2.3"
_PATIENCE_SECONDS = 1800.0
_LOG4J = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR">
  <Appenders><Console name="out"><PatternLayout pattern="%d{yyyy-MM-dd'T'HH:mm:ss.SSS} %p %m%n"/></Console></Appenders>
  <Loggers>
    <Root level="ERROR"><AppenderRef ref="out"/></Root>
    <Logger name="org.apache.flink.runtime.executiongraph" level="INFO"/>
  </Loggers>
</Configuration>
"""
# What Flink's own start scripts open to it on Java 17.
_OPEN = (
    *("java.base/java.lang", "java.base/java.net", "java.base/java.io", "java.base/java.nio", "java.base/sun.nio.ch"),
    *("java.base/java.lang.reflect", "java.base/java.text", "java.base/java.time", "java.base/java.util"),
    *(
        "java.base/java.util.concurrent",
        "java.base/java.util.concurrent.atomic",
        "java.base/java.util.concurrent.locks",
    ),
)
_SWITCHED = re.compile(r"(\S+) INFO (.*) switched from (?:state )?\w+ to (\w+)\.$", re.MULTILINE)


def prepare() -> None:
    """Install what is missing. Raises MillwrightError with the reason when that is not possible."""
    full_jdk()
    packages("flink")
    classpath("flink")


def land(contract: Contract, records: int, folder: Path) -> Result:
    """Run the job to the topic's present end. Raises MillwrightError when not all records are in its Parquet files."""
    home, out = folder / "flink", folder / "flink" / "out"
    home.mkdir()
    (home / "job.sql").write_text(_job(contract, home))
    (home / "config.yaml").write_text("{}\n")
    (home / "log4j.xml").write_text(_LOG4J)
    installed = packages("flink") / "pyflink"
    jars = [*(installed / "lib").glob("*.jar"), *(installed / "opt").glob("*.jar"), *classpath("flink")]
    command = [str(full_jdk()), "-Xmx2g", f"-Dlog4j.configurationFile={home}/log4j.xml", f"-Djava.io.tmpdir={home}"]
    command += [f"--add-opens={package}=ALL-UNNAMED" for package in _OPEN]
    command += [
        "-cp",
        ":".join(map(str, jars)),
        "org.apache.flink.table.client.SqlClient",
        "-f",
        f"{home}/job.sql",
        "-hist",
        f"{home}/history",
    ]
    with Watched([command], {"FLINK_CONF_DIR": str(home)}, home / "log") as run:
        code = run.wait(_PATIENCE_SECONDS)
    landed = ds.dataset(out, format="parquet").count_rows() if out.exists() else 0
    if code != 0 or landed != records:
        raise MillwrightError(f"it landed {landed:,} of {records:,} records: {reason(run.log.read_text())}")
    return Result(NAME, records, seconds(run.log.read_text()), run.cpu_seconds, run.peak_rss_mb)


def seconds(log: str) -> float:
    """From the first source that runs to the finished job, whose last checkpoint has published its files."""
    moves = _SWITCHED.findall(log)
    began = next(at for at, who, state in moves if who.startswith("Source: ") and state == "RUNNING")
    ended = next(at for at, who, state in moves if who.startswith("Job ") and state == "FINISHED")
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def reason(log: str) -> str:
    """The cause at the bottom of a stack of exceptions."""
    causes = re.findall(r"^(?:Caused by: |\[ERROR\] |.* ERROR )(.*\S)", log, re.MULTILINE)
    return causes[-1] if causes else "it does not say why"


def _job(contract: Contract, home: Path) -> str:
    columns = ", ".join(
        f"`{field.name}` {sql_type(field)}{'' if field.nullable else ' NOT NULL'}" for field in contract.fields
    )
    given = {
        "execution.target": "local",
        "parallelism.default": "2",
        "pipeline.object-reuse": "true",
        "table.dml-sync": "true",
        "execution.checkpointing.interval": "10 s",  # as old as our sink lets a file grow
        "execution.checkpointing.mode": "EXACTLY_ONCE",
        "execution.checkpointing.dir": f"file://{home}/checkpoints",
    }
    source = {
        "connector": "kafka",
        "topic": contract.topic,
        "properties.bootstrap.servers": settings().kafka,
        "scan.startup.mode": "earliest-offset",
        "scan.bounded.mode": "latest-offset",
        "format": "avro-confluent",
        "avro-confluent.url": settings().registry,
    }
    sink = {"connector": "filesystem", "path": f"file://{home}/out", "format": "parquet", "parquet.compression": "ZSTD"}
    return "\n".join(
        [
            *(f"SET '{name}' = '{value}';" for name, value in given.items()),
            f"CREATE TABLE readings ({columns}) WITH ({_options(source)});",
            f"CREATE TABLE lake ({columns}) WITH ({_options(sink)});",
            f"INSERT INTO lake SELECT * FROM readings WHERE {in_range(contract)};\n",
        ]
    )


def _options(options: dict[str, str]) -> str:
    return ", ".join(f"'{name}' = '{value}'" for name, value in options.items())
