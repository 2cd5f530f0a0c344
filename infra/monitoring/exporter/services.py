"""Whether the services that show no metrics of ours answer: the registry, MLflow, Airflow and its daemons."""

from __future__ import annotations

from collections.abc import Iterable

import httpx

from infra.monitoring.exporter.source import UP, Sample, Source
from millwright.settings import settings

_SECONDS = 5.0
_DAEMONS = ("scheduler", "dag_processor", "triggerer")


def _get(address: str, own: bool) -> httpx.Response | None:
    """The answer of a service; one on this machine is asked without the proxy that leads out of it."""
    try:
        return httpx.get(address, timeout=_SECONDS, trust_env=not own)
    except httpx.HTTPError:
        return None


def _answers(service: str, address: str, own: bool) -> Iterable[Sample]:
    found = _get(address, own)
    yield UP, (service,), float(found is not None and found.status_code == 200)


def registry() -> Iterable[Sample]:
    """The schema registry."""
    return _answers("registry", f"{settings().registry.rstrip('/')}/subjects", not settings().registry_url)


def mlflow() -> Iterable[Sample]:
    """MLflow's server."""
    return _answers("mlflow", f"{settings().mlflow.rstrip('/')}/health", not settings().mlflow_url)


def airflow() -> Iterable[Sample]:
    """Airflow's api-server, and its daemons by their heartbeats."""
    found = _get(f"{settings().airflow.rstrip('/')}/api/v2/monitor/health", not settings().airflow_url)
    said = found.json() if found is not None and found.status_code == 200 else {}
    yield UP, ("airflow-api",), float((said.get("metadatabase") or {}).get("status") == "healthy")
    if said:
        for key in _DAEMONS:
            yield UP, (f"airflow-{key.replace('_', '-')}",), float((said.get(key) or {}).get("status") == "healthy")


REGISTRY = Source("registry", (), registry)
MLFLOW = Source("mlflow", (), mlflow)
AIRFLOW_API = Source("airflow", (), airflow)
