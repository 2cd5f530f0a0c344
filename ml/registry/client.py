"""MLflow: the stack's server, or without one a database file of one's own."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from millwright.errors import MillwrightError, Unavailable
from millwright.settings import in_environment, settings
from millwright.turns import one_at_a_time

if TYPE_CHECKING:  # importing mlflow costs seconds
    from mlflow import MlflowClient

CHAMPION, PREVIOUS = "champion", "previous"
_QUIET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # seven with back-off would wait two minutes for a server that is down
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def address(alone: bool = False) -> str:
    """Where models are registered: as the settings say, else the embedded stack's server.

    Where it does not run, who can do without the stack (`alone`: all data come from files) gets a database file.
    """
    server = settings().mlflow
    if settings().mlflow_url or not alone or _answers(server):
        return server
    folder().mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder()}/mlflow.db"


def folder() -> Path:
    """Where a registry without the stack lies."""
    return settings().state_dir.absolute() / "registry"


@contextmanager
def connected(alone: bool = False) -> Iterator[MlflowClient]:
    """MLflow's client, this process's tracking address set. Raises Unavailable when the server does not answer."""
    found = address(alone)
    _check(found)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    # It tells on stderr of every wait and every version; what it has to say comes as an error.
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    # MLflow writes both into the environment, where MLFLOW_TRACKING_URI is a setting of the user's that we read.
    with in_environment({"MLFLOW_TRACKING_URI": found, "MLFLOW_REGISTRY_URI": found}):
        mlflow.set_tracking_uri(found)
        mlflow.set_registry_uri(found)
    try:
        # Two first trainings at once would both make a file's tables, and one of them fail.
        with one_at_a_time("registry") if _is_file(found) else nullcontext():
            client = mlflow.MlflowClient()
            if _is_file(found):
                experiment(client)
        yield client
    except (MlflowException, SQLAlchemyError) as error:
        _check(found)
        raise MillwrightError(f"MLflow at {found} refuses: {str(error).splitlines()[0]}") from error


def experiment(client: MlflowClient) -> str:
    """The id of the settings' experiment; of a database file, its artifacts lie beside it and not where we are."""
    import mlflow

    name = settings().mlflow_experiment
    tracking = mlflow.get_tracking_uri()
    if _is_file(tracking) and client.get_experiment_by_name(name) is None:
        beside = Path(tracking.removeprefix("sqlite:///")).absolute().parent / "artifacts"
        client.create_experiment(name, artifact_location=beside.as_uri())
    return str(mlflow.set_experiment(name).experiment_id)


def _is_file(found: str) -> bool:
    return found.startswith("sqlite:///")


def _check(found: str) -> None:
    if found.startswith("http") and not _answers(found):
        raise Unavailable(f"MLflow at {found} does not answer.", "Run `millwright up`, then try again.")


def _answers(server: str) -> bool:
    if not server.startswith("http"):
        return True  # a database of the user's own
    try:
        httpx.get(f"{server}/health", timeout=10, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        return False
    return True
