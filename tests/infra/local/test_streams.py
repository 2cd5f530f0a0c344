"""The flow of the streams: the lag is Kafka's end held against the lake's, whatever runs."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from infra.local import cli
from infra.local.streams import Flow, Streams, landed_per_second
from millwright.publisher import publish
from millwright.settings import settings
from tests.stack import TestStack


def _flow(streams: Streams) -> Flow:
    return next(flow for flow in streams.look() if flow.topic == "quality-metrics")


def _send(records: int) -> None:
    common = {"equipment_id": "flow-test", "product_id": "P", "lot_id": "L", "result": "Good"}
    rows = [common | {"event_time": datetime.now(UTC), "inspection_id": f"i{at}"} for at in range(records)]
    publish("quality-metrics", rows)


def _land() -> None:
    command = [sys.executable, "-m", "millwright", "sink", "once", "--topic", "quality-metrics"]
    subprocess.run(command, check=True, capture_output=True)


def test_what_has_not_landed_is_the_lag_though_no_service_runs(stack: TestStack, lake: Path):
    streams = Streams(stack.settings)
    before = _flow(streams)
    assert (before.accepted, before.landed_until) == (0, None)
    _send(30)
    flow = _flow(streams)
    assert flow.lag == (before.lag or 0) + 30
    assert (flow.sent_per_second or 0) >= 0.5  # 30 in the last minute
    _land()
    flow = _flow(streams)
    assert (flow.lag, flow.accepted >= 30) == (0, True)
    assert flow.landed_until
    _send(7)
    _land()
    again = _flow(streams)  # reads the new files only, and counts as one that reads all
    assert again.accepted == flow.accepted + 7
    assert again == Flow(**{**_flow(Streams(stack.settings)).as_dict(), "landed_per_second": again.landed_per_second})


def test_without_kafka_the_lake_is_told_and_the_lag_is_not_known(stack: TestStack, lake: Path, monkeypatch):
    _send(3)
    _land()
    monkeypatch.setenv("MILLWRIGHT_KAFKA_BOOTSTRAP", "127.0.0.1:9")
    settings.cache_clear()
    flow = _flow(Streams(settings()))
    assert (flow.lag, flow.sent_per_second) == (None, None)
    assert flow.accepted >= 3
    result = CliRunner().invoke(cli.status, ["--streams"], catch_exceptions=False)
    assert "quality-metrics" in result.output
    assert "?" in result.output
    monkeypatch.undo()
    settings.cache_clear()


def test_the_streams_are_told_as_json(stack: TestStack, lake: Path):
    result = CliRunner().invoke(cli.status, ["--streams", "--json"], catch_exceptions=False)
    assert {"topic", "lag", "sent_per_second", "quarantined"} <= set(json.loads(result.output)[0])


@pytest.mark.parametrize(
    ("ages", "rate"),
    [
        ([], None),
        ([0.5], None),  # too close to tell anything
        ([700], None),  # another day
        ([20], 5.0),
        ([40, 35, 20], 100 / 35),
        ([700, 25], 4.0),
    ],
)
def test_what_lands_is_told_from_a_look_that_is_half_a_minute_old(ages: list[float], rate: float | None):
    samples = [(1000.0 - age, {"t": 900}) for age in ages]
    assert landed_per_second(samples, 1000.0, {"t": 1000, "new": 5}) == (
        {} if rate is None else {"t": pytest.approx(rate)}
    )
