"""Metrics for Prometheus: how a process shows them, on a port of its own.

Counters and histograms are kept in memory and begin at 0 with each process, as Prometheus expects. What has a value at
any moment (lag, age, what is buffered) is asked for when somebody looks, and costs nothing in between.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from socketserver import TCPServer
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, disable_created_metrics, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from millwright.settings import settings

log = logging.getLogger(__name__)

PORTS = 16  # the processes of one service share this many ports, from the one in the settings on

# From a file on a quick disk to an object store that answers at the third try.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
BYTES = tuple(4.0**power for power in range(5, 15))  # 1 kB to 256 MB


@dataclass(frozen=True)
class Gauge:
    """A value of this moment for each of some places. `labels` are the names of the places' parts."""

    name: str
    doc: str
    labels: tuple[str, ...]


class Moment(Collector):
    """Shows gauges that are computed when somebody looks: `look` gives (gauge, label values, value) each.

    An error in `look`, which runs beside the work it looks at, leaves the gauges out this once.
    """

    def __init__(self, gauges: Iterable[Gauge], look: Callable[[], Iterable[tuple[Gauge, tuple[str, ...], float]]]):
        self._gauges, self._look = tuple(gauges), look

    def describe(self) -> list[GaugeMetricFamily]:
        return [GaugeMetricFamily(gauge.name, gauge.doc, labels=gauge.labels) for gauge in self._gauges]

    def collect(self) -> list[GaugeMetricFamily]:
        families = {gauge.name: family for gauge, family in zip(self._gauges, self.describe(), strict=True)}
        try:
            for gauge, labels, value in self._look():
                families[gauge.name].add_metric(labels, value)
        except Exception as error:  # noqa: BLE001  the service goes on whatever a look at it does
            log.debug("metrics: %s", error)
            return []
        return list(families.values())


def serve(port: int, registry: CollectorRegistry = REGISTRY) -> int | None:
    """Show this process's metrics at http://<metrics_host>:<port>/metrics; 0 is off. Returns the port taken.

    Several processes of one service take one port each: the first that is free of 16 from `port` on, so that one which
    is started again takes the place of the one before. None, and a warning, when all are taken: no service ends
    because nobody can look at it.
    """
    if not port:
        return None
    disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each that nobody asks for
    host = settings().metrics_host
    for tried in range(port, port + PORTS):
        try:
            server = make_server(host, tried, make_wsgi_app(registry), _Server, _Handler)
        except OSError:
            continue
        threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
        log.info("metrics at http://%s:%d/metrics", host, tried)
        return tried
    log.warning("no metrics: the ports %d to %d are all taken", port, port + PORTS - 1)
    return None


class _Server(WSGIServer):
    """Answers one request after the other: a scrape takes a millisecond, and a thread for each would cost more."""

    def server_bind(self) -> None:
        # http.server's own asks for the machine's full name, which may take seconds where no name server answers.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "localhost", self.server_address[1]
        self.setup_environ()

    def handle_error(self, request: object, client_address: object) -> None:
        """Who asked went away."""


class _Handler(WSGIRequestHandler):
    timeout = 5.0  # somebody who connects and says nothing does not keep the others waiting for ever

    def log_message(self, format: str, *args: object) -> None:
        """No line in the log for each look."""
