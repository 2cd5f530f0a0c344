"""Starts the exporter."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import GC_COLLECTOR, REGISTRY

from infra.monitoring.exporter.airflow import AIRFLOW
from infra.monitoring.exporter.disk import DISK
from infra.monitoring.exporter.services import AIRFLOW_API, MLFLOW
from infra.monitoring.exporter.services import REGISTRY as SCHEMAS
from infra.monitoring.exporter.source import Source, Sources
from infra.monitoring.exporter.streams import KAFKA
from infra.monitoring.exporter.warehouse import WAREHOUSE
from millwright.errors import MillwrightError
from millwright.metrics import serve as show
from millwright.settings import settings

ALL = {source.name: source for source in (KAFKA, WAREHOUSE, DISK, SCHEMAS, MLFLOW, AIRFLOW_API, AIRFLOW)}


def chosen() -> list[Source]:
    """All but those that `exporter_without` names; `airflow` names its database too.

    Raises MillwrightError for a name that is none.
    """
    without = {name.strip() for name in settings().exporter_without.split(",") if name.strip()}
    if unknown := sorted(without - set(ALL)):
        raise MillwrightError(
            f"MILLWRIGHT_EXPORTER_WITHOUT names {unknown[0]!r}, which is not asked anyway.",
            f"There are: {', '.join(ALL)}.",
        )
    if "airflow" in without:
        without.add("airflow-database")
    return [source for name, source in ALL.items() if name not in without]


def serve(port: int, wait: Callable[[], object]) -> None:
    """Show the figures until `wait` returns. Raises MillwrightError when no port is free."""
    REGISTRY.register(Sources(chosen()))
    REGISTRY.unregister(GC_COLLECTOR)
    if (taken := show(port)) != port:
        said = f"Port {port} is taken." if taken else "The exporter's port is 0: it is switched off."
        raise MillwrightError(said, "Set MILLWRIGHT_EXPORTER_PORT to a free one.")
    wait()
