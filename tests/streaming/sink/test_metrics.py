"""The sink's counts add up, and its gauges tell the moment."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace

import httpx
import pytest
from prometheus_client import REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from millwright.bronze import Header
from streaming.sink import metrics
from streaming.sink.metrics import PartitionNow
from tests.stack import free_ports

NOW = PartitionNow("t", 3, published=10, end=25, records=7, size=900, age_seconds=1.5, waiting=True)


def _value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def _header(topic: str, accepted: int, rejected: dict[str, int]) -> Header:
    first, last = 0, accepted + sum(rejected.values())
    return Header(topic, 0, first, last, 1, accepted, rejected, 0, 0, None, None)


def test_what_is_published_is_accepted_or_quarantined_by_reason():
    metrics.published(_header("m1", 5, {"undecodable": 2}), 4_000, 0.02)
    metrics.published(_header("m1", 1, {"undecodable": 1, "empty": 1}), 9_000, 0.2)
    assert _value("millwright_sink_consumed_records_total", topic="m1") == 10
    assert _value("millwright_sink_accepted_records_total", topic="m1") == 6
    assert _value("millwright_sink_quarantined_records_total", topic="m1", reason="undecodable") == 3
    assert _value("millwright_sink_file_bytes_count", topic="m1") == 2
    assert _value("millwright_sink_file_bytes_sum", topic="m1") == 13_000
    assert _value("millwright_sink_publish_seconds_bucket", topic="m1", le="0.025") == 1


def test_gaps_and_refusals_are_counted():
    metrics.gap("m2", 12)
    metrics.refused("m2")
    assert _value("millwright_sink_gap_records_total", topic="m2") == 12
    assert _value("millwright_sink_refused_files_total", topic="m2") == 1


def _looked(now: PartitionNow) -> dict[str, float]:
    registry = CollectorRegistry()
    metrics.watch(lambda: [now], registry)
    families = text_string_to_metric_families(generate_latest(registry).decode())
    samples = [sample for family in families for sample in family.samples]
    assert all(sample.labels == {"topic": "t", "partition": "3"} for sample in samples)
    return {sample.name.removeprefix("millwright_sink_"): sample.value for sample in samples}


def test_the_gauges_tell_how_a_partition_stands():
    assert _looked(NOW) == {
        "lag_records": 15,
        "buffered_records": 7,
        "buffered_bytes": 900,
        "roll_age_seconds": 1.5,
        "waiting": 1,
    }


@pytest.mark.parametrize("end", [-1, -1001])
def test_a_lag_that_is_not_known_is_not_told(end: int):
    assert "lag_records" not in _looked(replace(NOW, end=end))


def test_a_chain_that_is_ahead_of_what_kafka_last_said_has_no_lag():
    assert _looked(replace(NOW, end=4))["lag_records"] == 0


def _shown(ports: range) -> dict[str, float]:
    """What the processes on these ports show, added up by name."""
    found = Counter[str]()
    for port in ports:
        with suppress(httpx.ConnectError):
            families = text_string_to_metric_families(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
            found.update({"processes": 1})
            for sample in (sample for family in families for sample in family.samples):
                found[sample.name.removeprefix("millwright_sink_")] += sample.value
    return dict(found)


def test_all_workers_together_tell_what_was_landed(line, eventually):
    first = next(free_ports(1))
    ports = range(first, first + 16)
    values = {"MILLWRIGHT_SINK_METRICS_PORT": str(first), "MILLWRIGHT_SINK_ROLL_SECONDS": "0.2"}
    service = line.run("sink", "run", "--workers", "2", **values)
    try:
        line.send(300, junk=5)
        eventually(lambda: len(line.landed()) == line.sent)
        # The ends of the partitions are looked at each second, once the worker has been given them.
        eventually(lambda: (_shown(ports).get("processes"), _shown(ports).get("lag_records")) == (2, 0))
        shown = _shown(ports)
    finally:
        service.terminate()
        service.communicate(timeout=30)
    assert shown["processes"] == 2
    counts = {name: shown[f"{name}_records_total"] for name in ("consumed", "accepted", "quarantined")}
    assert counts == {"consumed": line.sent, "accepted": line.sent - 5, "quarantined": 5}
    assert (shown["lag_records"], shown["buffered_records"], shown["waiting"]) == (0, 0, 0)
    assert shown["publish_seconds_count"] == shown["file_bytes_count"] > 0
