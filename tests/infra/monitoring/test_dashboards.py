"""Each panel's query, run by a real Prometheus that holds what the processes show, gives the series that it draws."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from infra.monitoring.exporter import streams
from infra.monitoring.exporter.serve import chosen
from infra.monitoring.exporter.source import Source, Sources
from infra.monitoring.grafana.boards import BOARDS
from infra.monitoring.grafana.files import differing
from infra.monitoring.grafana.panel import Ask
from millwright.bronze import Header
from tests.stack import free_ports

_SAMPLES, _STEP_SECONDS = 61, 30  # half an hour
_COUNTERS = ("counter", "histogram")
# What Prometheus makes itself: of its rules, and of its scrapes.
_OWN = 'ALERTS{alertname="A",alertstate="firing",severity="critical"} %s\nup{job="sink",instance="a"} %s\n'
ASKS = [(board, panel, ask) for board, (_, panels) in BOARDS.items() for panel in panels for ask in panel.asks]


def _work() -> None:
    """What the services count while they work."""
    from dashboards.preview import app as preview
    from streaming.alerts import metrics as alerts
    from streaming.sink import metrics as sink

    sink.published(Header("t", 0, 0, 100, 1, 90, {"undecodable": 10}, 0, 0, None, None), 1_000, 0.1)
    sink.gap("t", 1)
    alerts.sent([{"rule": "limit_high", "severity": "warning", "state": "raised"}])
    preview._ANSWERS.labels("plant", "answered").inc()
    preview._SECONDS.labels("plant").observe(0.1)


def _once_landed_now_idle() -> None:
    """Streams, and dashboards, that others have: of what does not happen now there is no rate, and no number."""
    from dashboards.preview import app as preview
    from streaming.sink import metrics as sink

    sink.published(Header("idle", 0, 0, 100, 1, 90, {"undecodable": 10}, 0, 0, None, None), 1_000, 0.1)
    preview._SECONDS.labels("idle").observe(0.1)


def _shown(exporter: Sources) -> str:
    """What the services and the exporter show now; Kafka's figures are fixed, for this test starts none."""
    from streaming.metrics import lag_of
    from streaming.positions import Positions
    from streaming.session import Session
    from streaming.sink import metrics as sink

    sessions = [Session(name, {}, Positions(Path(), str, str.encode, bytes.decode)) for name in ("alerts", "analytics")]
    moment = sink.watch(lambda: [sink.PartitionNow("t", 0, 0, 1, 1, 1, 1.0, True)])
    with lag_of(sessions[0]), lag_of(sessions[1]):
        for session in sessions:
            session.lags = {("t", 0): 3}
        text = generate_latest().decode()
    REGISTRY.unregister(moment)
    own = CollectorRegistry()
    own.register(exporter)
    return text + generate_latest(own).decode()


def _history(before: str, after: str, end: float) -> str:
    """Half an hour in which each counter went evenly from one text to the other, as promtool reads it."""
    kinds = {family.name: family.type for family in text_string_to_metric_families(after)}
    first, last = ({_series(s): s.value for f in _families(text) for s in f.samples} for text in (before, after))
    counters = {_series(s) for f in _families(after) for s in f.samples if kinds[f.name] in _COUNTERS}
    lines = []
    for series, value in last.items():
        begin = first.get(series, 0.0) if series in counters else value
        for sample in range(_SAMPLES):
            at = end - (_SAMPLES - 1 - sample) * _STEP_SECONDS
            lines.append(f"{series} {begin + (value - begin) * sample / (_SAMPLES - 1)} {at:.0f}")
    return "\n".join([*lines, "# EOF", ""])


def _families(text: str) -> Any:
    return text_string_to_metric_families(text)


def _series(sample: Any) -> str:
    labels = {"job": "test", "instance": "a"} | sample.labels
    return sample.name + "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"


@pytest.fixture
def prometheus(lived_in: str, tmp_path: Path) -> Iterator[str]:
    """The address of a Prometheus; its newest sample is a minute old."""
    fixed = Source(
        "kafka", streams.KAFKA.measures, lambda: [(measure, ("t",), 5.0) for measure in streams.KAFKA.measures]
    )
    _once_landed_now_idle()
    exporter = Sources([fixed, *(each for each in chosen() if each.name in ("warehouse", "airflow-database", "disk"))])
    _work()
    before = _shown(exporter)
    _insert_a_load(lived_in)
    _work()
    end = time.time() - 60
    (tmp_path / "text").write_text(_history(before, _shown(exporter) + _OWN % (1, 1), end))
    made = ["promtool", "tsdb", "create-blocks-from", "openmetrics", str(tmp_path / "text"), str(tmp_path / "data")]
    subprocess.run(made, check=True, capture_output=True)
    (tmp_path / "prometheus.yml").write_text("{}")
    port = next(free_ports(1))
    process = subprocess.Popen(
        [
            *("prometheus", f"--config.file={tmp_path / 'prometheus.yml'}", f"--storage.tsdb.path={tmp_path / 'data'}"),
            f"--web.listen-address=127.0.0.1:{port}",
        ],
        stderr=subprocess.DEVNULL,
    )
    try:
        _await(f"http://127.0.0.1:{port}/-/ready")
        yield f"http://127.0.0.1:{port}/api/v1/query?time={end:.0f}"
    finally:
        process.terminate()
        process.wait(30)


def _insert_a_load(address: str) -> None:
    import psycopg2

    connection = psycopg2.connect(address)
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "insert into platform.loads (table_name, silver_version, silver_id, columns, rows_inserted)"
            " values ('sensor_readings', 2, 'a', '{}', 500)"
        )
    connection.close()


def _await(address: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            if httpx.get(address, trust_env=False).status_code == 200:
                return
        except httpx.HTTPError:
            assert time.monotonic() < deadline


def _problem(found: list[dict[str, Any]], ask: Ask) -> str | None:
    wanted = set(re.findall(r"{{(\w+)}}", ask.legend))
    if not found:
        return "no series"
    if not all(wanted <= set(series["metric"]) for series in found):
        return f"no labels {wanted} in {found[0]['metric']}"
    named = Counter(tuple(series["metric"].get(label) for label in sorted(wanted)) for series in found)
    if max(named.values()) > 1:
        return f"several series of one name: {named}"
    if not all(math.isfinite(float(series["value"][1])) for series in found):
        return "a value that is no number"
    return None


@pytest.mark.skipif(shutil.which("prometheus") is None, reason="Prometheus is not installed (Debian's package)")
def test_every_panel_gets_the_series_that_it_draws(prometheus):
    problems = {}
    with httpx.Client(trust_env=False) as client:
        for board, panel, ask in ASKS:
            answer = client.get(prometheus, params={**httpx.URL(prometheus).params, "query": ask.expr}).json()
            said = answer.get("error") or _problem(answer["data"]["result"], ask)
            if said:
                problems[f"{board}: {panel.title}: {ask.expr}"] = said
    assert problems == {}


def test_the_dashboards_are_what_their_code_makes():
    assert differing() == []


def test_no_two_panels_of_a_dashboard_have_one_title():
    for _, panels in BOARDS.values():
        assert len({panel.title for panel in panels}) == len(panels)
