"""The dashboards: one to see at a glance that all is well, and three to look further."""

from __future__ import annotations

from infra.monitoring.grafana.models import MODELS
from infra.monitoring.grafana.overview import OVERVIEW
from infra.monitoring.grafana.pipelines import PIPELINES
from infra.monitoring.grafana.streams import STREAMS

BOARDS = {
    "overview": ("Millwright: at a glance", OVERVIEW),
    "streams": ("Millwright: streams", STREAMS),
    "pipelines": ("Millwright: pipelines", PIPELINES),
    "models": ("Millwright: models", MODELS),
}
