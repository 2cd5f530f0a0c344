"""A fire drill: faults made on purpose in a stack of its own, and how soon each alert fires and is over again.

The rules are the real ones with `for:` shortened to five seconds and a scrape every two, so the drill shows that a rule
sees its fault; how long it waits is the rules' own tests' business.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from confluent_kafka import Producer

from infra.local.temporary import TemporaryStack, free_ports, stack_of_its_own
from infra.monitoring.prometheus.config import FOLDER, embedded
from infra.monitoring.watched import Watched
from millwright.errors import MillwrightError
from millwright.publisher import publish
from millwright.settings import settings, settings_with
from millwright.warehouse import session

_STREAM = "equipment-sensors"
_ALLOWED_SILENCE = (
    "create schema if not exists marts; create table if not exists marts.mart_data_freshness"
    " (stream text, machine text, allowed_seconds double precision, is_judged boolean);"
    f" insert into marts.mart_data_freshness values ('{_STREAM}', null, 15, true)"
)
_REFUSED = "insert into ml.promotions (model_name, to_version, promoted, reason) values ('failure', 1, false, '')"
_OLD = (
    "insert into ml.promotions (model_name, to_version, decided_at, promoted, reason)"
    " values ('rul', 1, now() - interval '31 days', true, '')"
)

Tell = Callable[[str], None]


def drill(tell: Tell) -> None:
    """Make each fault and tell how long its alert took. Raises MillwrightError when one does not fire, or stays."""
    if shutil.which("prometheus") is None:
        raise MillwrightError("Prometheus is not installed.", "On Debian: apt-get install prometheus")
    ports = dict(zip(("sink_metrics_port", "exporter_port", "prometheus"), free_ports(3), strict=True))
    with ExitStack() as ends:
        where = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="millwright-drill-")))
        stack = ends.enter_context(stack_of_its_own("drill", "tables", "topics", "schemas"))
        values = {name: str(port) for name, port in ports.items() if name != "prometheus"}
        without = {"exporter_without": "mlflow,airflow", "sink_roll_seconds": "2", "alerts_metrics_port": "0"}
        ends.enter_context(settings_with(analytics_metrics_port="0", **without, **values))
        ends.enter_context(_running(where, "metrics", "serve"))
        watched = ends.enter_context(_prometheus(where, ports["prometheus"]))
        _drills(stack, where, watched, tell)


def _drills(stack: TemporaryStack, where: Path, watched: Watched, tell: Tell) -> None:
    with _running(where, "sink", "run"):
        publish(_STREAM, _readings(2_000))
        watched.until(
            "sum(millwright_sink_accepted_records_total) >= 2000 and on () sum(millwright_stream_lag_records) == 0"
        )
        tell(f"all is well: {', '.join(watched.firing()) or 'nothing fires'}")
    publish(_STREAM, _readings(4_000))
    tell(watched.fires("MillwrightStreamLagging", "the sink is stopped, 4,000 records wait"))
    tell(watched.fires("MillwrightProcessDown", "the sink is stopped"))
    with _running(where, "sink", "run"):
        tell(watched.is_over("MillwrightStreamLagging", "the sink runs again"))
        producer = Producer({"bootstrap.servers": settings().kafka})
        for _ in range(600):
            producer.produce(_STREAM, b"junk", key=b"M0001")
        producer.flush(30)
        tell(watched.fires("MillwrightQuarantineRate", "600 records that are none"))
        _execute(_ALLOWED_SILENCE)
        tell(watched.fires("MillwrightStreamSilent", "the stream is frozen; 15 s of silence are usual"))
        publish(_STREAM, _readings(10))
        tell(watched.is_over("MillwrightStreamSilent", "a record came"))
    _execute(_REFUSED)
    tell(watched.fires("MillwrightNoPromotion", "the only version was refused"))
    _execute(_OLD)
    tell(watched.fires("MillwrightChampionStale", "a champion of 31 days"))
    stack.kill("registry")
    tell(watched.fires("MillwrightServiceDown", "the registry is killed"))
    stack.heal()
    tell(watched.is_over("MillwrightServiceDown", "`up` has healed it"))


def _readings(count: int) -> list[dict[str, object]]:
    now = datetime.now(UTC)
    return [
        {
            "equipment_id": f"M{number % 20:04}",
            "event_time": now - timedelta(milliseconds=count - number),
            "temperature": 50.0 + number % 7,
        }
        for number in range(count)
    ]


def _execute(statement: str) -> None:
    with session() as connection, connection.cursor() as cursor:
        cursor.execute(statement)


@contextmanager
def _running(where: Path, *command: str) -> Iterator[None]:
    """A command of ours as a process of its own, its log beside the others."""
    with (where / f"{command[0]}.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-P", "-m", "millwright", *command], stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def _prometheus(where: Path, port: int) -> Iterator[Watched]:
    rules = where / "rules"
    rules.mkdir()
    for path in (FOLDER / "rules").glob("*.yml"):
        (rules / path.name).write_text(re.sub(r"for: \w+", "for: 5s", path.read_text()))
    config = yaml.safe_load(embedded(settings()))
    config["global"] = {"scrape_interval": "2s", "evaluation_interval": "2s", "scrape_timeout": "2s"}
    config["rule_files"] = [str(rules / "*.yml")]
    for job in config["scrape_configs"]:
        job.pop("scrape_timeout", None)
    (where / "prometheus.yml").write_text(yaml.safe_dump(config))
    options = (f"--config.file={where / 'prometheus.yml'}", f"--storage.tsdb.path={where / 'data'}")
    address = f"127.0.0.1:{port}"
    process = subprocess.Popen(["prometheus", *options, f"--web.listen-address={address}"], stderr=subprocess.DEVNULL)
    try:
        yield Watched(f"http://{address}")
    finally:
        process.terminate()
        process.wait(30)
