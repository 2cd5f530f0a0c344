"""What Prometheus would read: each process on a port of its own, in the text format that its parser takes."""

from __future__ import annotations

import socket

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter
from prometheus_client.parser import text_string_to_metric_families

from millwright.metrics import Gauge, Moment, serve
from tests.stack import free_ports

LAG = Gauge("lag_records", "Records behind.", ("topic", "partition"))


@pytest.fixture
def port() -> int:
    return next(free_ports(1))


def _read(port: int) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(httpx.get(f"http://127.0.0.1:{port}/metrics").text)
    return {(s.name, *(v for _, v in sorted(s.labels.items()))): s.value for family in families for s in family.samples}


def test_what_is_counted_and_what_is_asked_for_is_shown(port: int):
    registry, lag = CollectorRegistry(), {"a": 3.0}
    Counter("eaten", "Apples.", registry=registry).inc(2)
    registry.register(Moment([LAG], lambda: [(LAG, (topic, "0"), value) for topic, value in lag.items()]))
    assert serve(port, registry) == port
    assert _read(port)["eaten_total",] == 2
    assert _read(port)["lag_records", "0", "a"] == 3
    lag["a"] = 4.0
    assert _read(port)["lag_records", "0", "a"] == 4


def test_the_second_process_of_a_service_takes_the_next_port(port: int):
    first = CollectorRegistry()
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", port))
        holder.listen()
        assert (serve(port, first) or 0) > port


def test_it_can_be_switched_off():
    assert serve(0) is None


def test_a_look_that_fails_leaves_the_rest(port: int):
    registry = CollectorRegistry()
    Counter("eaten", "Apples.", registry=registry).inc()

    def broken() -> list[tuple[Gauge, tuple[str, ...], float]]:
        raise RuntimeError("dictionary changed size during iteration")

    registry.register(Moment([LAG], broken))
    serve(port, registry)
    assert _read(port)["eaten_total",] == 1


def test_who_connects_and_says_nothing_keeps_nobody_waiting_for_ever(port: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("millwright.metrics._Handler.timeout", 0.2)
    registry = CollectorRegistry()
    Counter("eaten", "Apples.", registry=registry)
    serve(port, registry)
    with socket.create_connection(("127.0.0.1", port)):
        assert _read(port)["eaten_total",] == 0
