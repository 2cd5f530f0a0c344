"""What every service that follows streams tells Prometheus: how far behind each partition is; see docs/watch-it.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from prometheus_client import REGISTRY, CollectorRegistry

from millwright.metrics import Gauge, Moment
from streaming.session import Session

S = TypeVar("S")
PLACE = ("topic", "partition")


@contextmanager
def lag_of(session: Session[S], registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Show a session's lags, as `millwright_<name>_lag_records`, while it lasts."""
    lag = Gauge(
        f"millwright_{session.name}_lag_records", "Records that Kafka has and this service has not read.", PLACE
    )

    def look() -> Iterable[tuple[Gauge, tuple[str, ...], float]]:
        return [(lag, (topic, str(partition)), behind) for (topic, partition), behind in session.lags.items()]

    with shown(Moment([lag], look), registry):
        yield


@contextmanager
def shown(moment: Moment, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Show gauges for a while."""
    registry.register(moment)
    try:
        yield
    finally:
        registry.unregister(moment)
