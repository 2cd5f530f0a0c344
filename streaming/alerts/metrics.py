"""What the alerts tell Prometheus, beside their lag; see docs/watch-it.md."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import Counter

_SENT = Counter("millwright_alerts_sent", "Alerts sent to equipment-alerts.", ["rule", "severity", "state"])


def sent(alerts: Iterable[Mapping[str, Any]]) -> None:
    """Rows of equipment-alerts that were sent."""
    for alert in alerts:
        _SENT.labels(alert["rule"], alert["severity"], alert["state"]).inc()
