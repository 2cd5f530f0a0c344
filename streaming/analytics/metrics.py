"""What the analytics tell Prometheus; see docs/watch-it.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, CollectorRegistry, Counter

from millwright.metrics import Gauge, Moment
from streaming.analytics.minutes import Told
from streaming.analytics.state import State
from streaming.metrics import PLACE, lag_of, shown
from streaming.session import Session

_STATE = Gauge("millwright_analytics_state_bytes", "Memory that the readings of minutes take.", PLACE)
_MINUTES = Gauge("millwright_analytics_windows", "Minutes of machines that may still change.", PLACE)

_READINGS = Counter(
    "millwright_analytics_readings", "Readings by what became of them: taken, too_late, history.", ["topic", "outcome"]
)
_LATE = Counter("millwright_analytics_late_readings", "Readings taken into a minute that was told.", ["topic"])
_ROWS = Counter("millwright_analytics_rows", "Rows sent to equipment-minutes.", ["topic"])


def told(topic: str, found: Told) -> None:
    """What a batch of a topic's readings gave."""
    for outcome in ("taken", "too_late", "history"):
        if found.counts[outcome]:
            _READINGS.labels(topic, outcome).inc(found.counts[outcome])
    _LATE.labels(topic).inc(found.counts["late"])
    _ROWS.labels(topic).inc(sum(map(len, found.rows)))


@contextmanager
def watched(session: Session[State], registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Show how a session stands while it lasts."""

    def look() -> Iterable[tuple[Gauge, tuple[str, ...], float]]:
        for (topic, partition), position in list(session.assigned.items()):
            yield _STATE, (topic, str(partition)), position.state.size
            yield _MINUTES, (topic, str(partition)), len(position.state.minutes)

    with lag_of(session, registry), shown(Moment((_STATE, _MINUTES), look), registry):
        yield
