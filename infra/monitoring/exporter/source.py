"""A source of figures that is asked at each scrape, and the collector that asks all of them at once."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from millwright.errors import MillwrightError

log = logging.getLogger(__name__)

_PATIENCE_SECONDS = 8.0  # Prometheus gives up after ten


@dataclass(frozen=True)
class Measure:
    """What a figure means. `labels` are the names of the places' parts; a counter's name ends with `_total`."""

    name: str
    doc: str
    labels: tuple[str, ...] = ()
    kind: Literal["gauge", "counter"] = "gauge"

    def family(self) -> GaugeMetricFamily | CounterMetricFamily:
        """An empty family of it."""
        made = GaugeMetricFamily if self.kind == "gauge" else CounterMetricFamily
        return made(self.name, self.doc, labels=self.labels)


Sample = tuple[Measure, tuple[str, ...], float]

UP = Measure("millwright_service_up", "1 when the service answers as it should.", ("service",))
_TOOK = Measure("millwright_exporter_look_seconds", "Seconds that the newest look at a source took.", ("source",))


@dataclass(frozen=True)
class Source:
    """Who is asked. `look` gives samples, or raises when it does not answer; its own services' UP among them.

    `service` is whom a failed look says to be down; without one nobody is.
    """

    name: str
    measures: tuple[Measure, ...]
    look: Callable[[], Iterable[Sample]]
    service: str = ""


class Sources(Collector):
    """Asks all sources side by side; one that fails or takes too long leaves its own figures out, and no others."""

    def __init__(self, sources: Iterable[Source]):
        self._sources = tuple(sources)
        self._pool = ThreadPoolExecutor(max(1, len(self._sources)), "source")
        self._asked: dict[str, Future[tuple[list[Sample], float]]] = {}
        self._said: dict[str, str] = {}

    def describe(self) -> list[Metric]:
        return [measure.family() for measure in self._measures()]

    def collect(self) -> list[Metric]:
        # A source that still thinks about the last question is not asked another one.
        for source in self._sources:
            if source.name not in self._asked:
                self._asked[source.name] = self._pool.submit(self._look, source)
        wait(self._asked.values(), _PATIENCE_SECONDS)
        families = {measure.name: measure.family() for measure in self._measures()}
        for source in self._sources:
            for measure, labels, value in self._answer(source):
                families[measure.name].add_metric(labels, value)
        return list(families.values())

    def _measures(self) -> Iterable[Measure]:
        return dict.fromkeys([UP, _TOOK, *(measure for source in self._sources for measure in source.measures)])

    def _answer(self, source: Source) -> list[Sample]:
        if not self._asked[source.name].done():
            return [(UP, (source.service,), 0.0)] if source.service else []
        samples, seconds = self._asked.pop(source.name).result()
        return [*samples, (_TOOK, (source.name,), seconds)]

    def _look(self, source: Source) -> tuple[list[Sample], float]:
        begun, samples, wrong = time.monotonic(), list[Sample](), ""
        try:
            samples = list(source.look())
        except MillwrightError as error:
            wrong = error.message
        except Exception as error:  # noqa: BLE001  the other sources go on whatever one does
            wrong = f"{type(error).__name__}: {error}"
        if wrong and self._said.get(source.name) != wrong:  # not at every scrape
            log.warning("%s: %s", source.name, wrong)
        self._said[source.name] = wrong
        if source.service:
            samples.append((UP, (source.service,), float(not wrong)))
        return samples, time.monotonic() - begun
