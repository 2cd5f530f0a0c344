"""What belongs into a backup, by the settings: which databases, and which folders of the state folder."""

from __future__ import annotations

from pathlib import Path

from infra.local import databases
from millwright.settings import Settings

WAREHOUSE = "warehouse"
# Database → the setting that, when it is set, makes it somebody else's.
_OWN = {"mlflow": "mlflow_url", "airflow": "airflow_url", "registry": "registry_url"}
# Positions of the services that read topics, a registry without the stack, and what the dashboards have applied.
_FOLDERS = ("alerts", "analytics", "notify", "registry", "dashboards")
# What a target that is still empty has no row of; the databases of a stack that was only started have all other tables.
ROWS_OF_USE = {
    WAREHOUSE: ("platform.loads", "ml.promotions", "ml.predictions", "platform.quality_runs"),
    "mlflow": ("public.runs", "public.registered_models"),
    "airflow": ("public.dag_run",),
    "registry": (),
}
# Of the folders, positions are there as soon as a service has run.
FILES_OF_USE = ("mlflow-artifacts", "registry")


def own_databases(config: Settings) -> dict[str, str]:
    """Name → address. The warehouse comes first: what it says of models must not be newer than what MLflow has."""
    own = {name: databases.url(config, name) for name, external in _OWN.items() if not getattr(config, external)}
    return {WAREHOUSE: config.database, **own}


def own_folders(config: Settings) -> dict[str, Path]:
    """Name → folder. MLflow's artifacts come after its database, whose every version has its files by then."""
    state = config.state_dir.absolute()
    artifacts = {} if config.mlflow_url else {"mlflow-artifacts": state / "mlflow" / "artifacts"}
    return {**artifacts, **{name: state / name for name in _FOLDERS}}
