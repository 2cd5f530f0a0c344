"""The bound: Kafka's own ConsumerPerformance, which reads and forgets."""

from __future__ import annotations

from pathlib import Path

from bench.contender import Result
from bench.environments import classpath
from bench.watched import Watched
from infra.local import jars
from infra.local.kafka import java
from millwright.errors import MillwrightError
from millwright.settings import settings

NAME = "kafka-consumer-perf"

_PATIENCE_SECONDS = 600.0
_SILENT = """<?xml version="1.0" encoding="UTF-8"?>
<Configuration status="ERROR"><Loggers><Root level="OFF"/></Loggers></Configuration>
"""


def consume(topic: str, records: int, folder: Path) -> Result:
    """Read all records of a topic with the JVM's client and forget them.

    Raises MillwrightError when it does not see them all.
    """
    paths = [*jars.fetched("kafka"), *classpath("consumer-performance")]
    log4j = folder / "silent.xml"
    log4j.write_text(_SILENT)
    command = [java(), "-Xmx512m", "--enable-native-access=ALL-UNNAMED", f"-Dlog4j2.configurationFile={log4j}"]
    command += ["-cp", ":".join(map(str, paths)), "org.apache.kafka.tools.ConsumerPerformance"]
    arguments = {"--bootstrap-server": settings().kafka, "--topic": topic, "--num-records": str(records)}
    command += [word for pair in arguments.items() for word in pair]
    with Watched([command], {}, folder / f"{NAME}.log") as run:
        code = run.wait(_PATIENCE_SECONDS)
    said = run.log.read_text(errors="replace")
    if code != 0:
        raise MillwrightError(f"Kafka's ConsumerPerformance failed: {run.last_words() or code}.")
    seen, seconds = parsed(said)
    if seen < records:
        raise MillwrightError(f"Kafka's ConsumerPerformance saw {seen:,} of {records:,} records.")
    return Result(NAME, seen, seconds, run.cpu_seconds, run.peak_rss_mb)


def parsed(said: str) -> tuple[int, float]:
    """Records and seconds of fetching: `fetch.time.ms`, which leaves out the joining of its group.

    Raises MillwrightError when it is not the output that Kafka 4 writes.
    """
    rows = [line.split(", ") for line in said.splitlines()]
    names = next((row for row in rows if row[0] == "start.time"), [])
    for figures in reversed(rows):
        if len(figures) == len(names) and figures != names:
            found = dict(zip(names, figures, strict=True))
            return int(found["data.consumed.in.nMsg"]), int(found["fetch.time.ms"]) / 1000
    raise MillwrightError(f"Kafka's ConsumerPerformance wrote something else than its figures: {said.strip()[-200:]}")
