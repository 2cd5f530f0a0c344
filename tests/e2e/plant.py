"""A plant's whole way, from topic to marts, in a lake and a warehouse of its own."""

from __future__ import annotations

import io
import json
import os
import struct
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import fastavro
import psutil
import psycopg2
import pytest
from confluent_kafka.admin import AdminClient

from millwright import reference, registry, topics
from millwright import tables as platform_tables
from millwright.contracts import contract, contracts
from millwright.publisher import Publisher
from millwright.quality_tables import OF_RUNS
from millwright.settings import settings
from tests.own_database import own_database

# Where a row came from and which load brought it: the same data may differ in these, and in nothing else.
LINEAGE = ("_partition", "_offset", "_append_time", "_load_id", "_file")


@contextmanager
def of_its_own(stack, folder: Path) -> Iterator[Path]:
    """Empty topics, an empty lake and an empty warehouse behind the settings; gives a folder for files."""
    empty_topics()
    name = f"e2e_{uuid.uuid4().hex[:12]}"
    with own_database(stack) as address, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MILLWRIGHT_LAKE_URL", f"file://{folder / name / 'lake'}")
        patch.setenv("MILLWRIGHT_DATABASE_URL", address)
        patch.setenv("MILLWRIGHT_SINK_GROUP", name)
        settings.cache_clear()
        platform_tables.migrate()
        reference.apply()
        yield folder
    settings.cache_clear()


def millwright(*args: str, failpoint: str = "", killed: bool = False) -> str:
    """Run the command line as a user does; with `killed` it must die by a failpoint. Returns what it printed."""
    environment = {**os.environ, "MILLWRIGHT_FAILPOINT": failpoint}
    command = [sys.executable, "-m", "millwright", *args]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == (-9 if killed else 0), f"{args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def empty_topics() -> None:
    """Make the streams' topics anew, so that a test sees only what it sends."""
    admin = AdminClient({"bootstrap.servers": settings().kafka})
    names = [c.topic for c in contracts().values()]
    for future in admin.delete_topics(names, operation_timeout=30).values():
        future.result()
    deadline = time.monotonic() + 30
    while set(names) & set(admin.list_topics(timeout=10).topics) and time.monotonic() < deadline:
        time.sleep(0.1)
    topics.ensure_topics()


def simulate(folder: Path, *faults: str, machines: int = 4, days: int = 9) -> dict[str, Any]:
    """Send a small plant's history; returns the summary of what was sent."""
    summary = folder / f"sent-{len(list(folder.glob('sent-*')))}.json"
    plant = [f"--machines={machines}", f"--days={days}", "--seed=11", "--end=2026-03-01T00:00:00Z"]
    millwright("simulate", *plant, *faults, f"--summary={summary}")
    return dict(json.loads(summary.read_text()))


def publish_with(stream: str, schema: registry.Registered, rows: list[dict[str, Any]]) -> None:
    """Send rows as a producer does that knows an older schema of the stream."""
    spec = contract(stream)
    parsed = fastavro.parse_schema(dict(schema.avro))
    with Publisher() as publisher:
        for row in rows:
            body = io.BytesIO()
            fastavro.schemaless_writer(body, parsed, row)
            value = struct.pack(">bI", 0, schema.schema_id) + body.getvalue()
            publisher.send_raw(spec.topic, str(row[spec.key]).encode(), value)


def to_marts() -> None:
    """Land, cleanse, compute features, load and build, each as a process of its own."""
    for step in ("land", "cleanse", "features", "load", "build"):
        advance(step)


def command(step: str) -> list[str]:
    """A step as a process of its own."""
    if step == "build":
        return [sys.executable, "-c", "from millwright.dbt_runner import build; build()"]
    return [sys.executable, "-m", "millwright", *(("sink", "once") if step == "land" else (step,))]


def killed_after(seconds: float, step: str) -> int | None:
    """Start a step, and SIGKILL the one that works in it (dbt where dbt runs); its status, None if it ended before."""
    with subprocess.Popen(command(step), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            running.wait(seconds)
            return None
        except subprocess.TimeoutExpired:
            at_work = psutil.Process(running.pid).children() if step == "build" else []
            (at_work[0] if at_work else running).kill()
            return running.wait(60)


def advance(step: str, failpoint: str = "", killed: bool = False) -> None:
    """One step of the way."""
    if step == "build":
        from millwright.dbt_runner import build

        build()
    else:
        millwright(*(("sink", "once") if step == "land" else (step,)), failpoint=failpoint, killed=killed)


def tables(*schemas: str, without: Sequence[str] = LINEAGE) -> dict[str, str]:
    """A checksum of the rows of every table of these schemas, some columns apart, in no order."""
    found = {}
    for name in _tables(schemas):
        left_out = " ".join(f"- '{column}'" for column in without)
        row = f"(to_jsonb(t) {left_out})::text"
        found[name] = _one(
            f"select count(*) || ':' || coalesce(md5(string_agg({row}, E'\\n' order by {row})), '') from {name} t"
        )
    return found


def rows(table: str) -> int:
    """How many rows a table has."""
    return int(_one(f"select count(*) from {table}"))


def untouched(*schemas: str) -> dict[str, str]:
    """A checksum of where every row physically lies: a row that was written again has moved."""
    place, order = "concat_ws('/', t.tableoid, t.ctid, t.xmin)", "t.tableoid, t.ctid"
    query = f"select md5(coalesce(string_agg({place}, ',' order by {order}), '')) from "
    return {name: _one(f"{query}{name} t") for name in _tables(schemas)}


def lake_files() -> set[str]:
    """Every file of the lake."""
    lake = Path(settings().lake.removeprefix("file://"))
    return {str(path.relative_to(lake)) for path in lake.rglob("*") if path.is_file()}


def _tables(schemas: tuple[str, ...]) -> list[str]:
    # Partitions are seen through their parent.
    query = (
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        " where n.nspname = any(%s) and c.relkind in ('r', 'p') and not c.relispartition order by 1"
    )
    with psycopg2.connect(settings().database) as connection, connection.cursor() as cursor:
        cursor.execute(query, (list(schemas),))
        return [name for (name,) in cursor.fetchall() if name not in OF_RUNS]


def _one(query: str) -> str:
    with psycopg2.connect(settings().database) as connection, connection.cursor() as cursor:
        cursor.execute("set timezone to 'UTC'")
        cursor.execute(query)
        row = cursor.fetchone()
    assert row is not None
    return str(row[0])
