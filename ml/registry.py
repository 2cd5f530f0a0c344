"""Models in MLflow: native JSON, versions known by what they were trained from, aliases for who answers."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pandas as pd

from millwright.errors import MillwrightError, Unavailable
from millwright.failpoints import failpoint
from millwright.settings import in_environment, settings

if TYPE_CHECKING:  # importing mlflow costs seconds, and xgboost one
    from mlflow import MlflowClient

    from ml.fit import Model

CHAMPION, PREVIOUS = "champion", "previous"
_KEY = "millwright.key"  # of a version and its run: spec, data and code
_QUIET = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "3",  # seven with back-off would wait two minutes for a server that is down
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


@contextmanager
def connected() -> Iterator[MlflowClient]:
    """MLflow's client, this process's tracking address set. Raises Unavailable when the server does not answer."""
    address = settings().mlflow
    _check(address)
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow
    from mlflow.exceptions import MlflowException

    # It tells on stderr of every wait and every version; what it has to say comes as an error.
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    # MLflow writes both into the environment, where MLFLOW_TRACKING_URI is a setting of the user's that we read.
    with in_environment({"MLFLOW_TRACKING_URI": address, "MLFLOW_REGISTRY_URI": address}):
        mlflow.set_tracking_uri(address)
        mlflow.set_registry_uri(address)
    try:
        yield mlflow.MlflowClient()
    except MlflowException as error:
        _check(address)
        raise MillwrightError(f"MLflow at {address} refuses: {str(error).splitlines()[0]}") from error


def _check(address: str) -> None:
    if not address.startswith("http"):
        return  # a database of the user's own
    try:
        httpx.get(f"{address}/health", timeout=10, trust_env=False).raise_for_status()
    except httpx.HTTPError:
        raise Unavailable(f"MLflow at {address} does not answer.", "Run `millwright up`, then try again.") from None


def find_version(client: MlflowClient, name: str, key: str) -> int | None:
    """The version that was registered for the same spec, data and code."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{_KEY}` = '{key}'")
    return max((int(version.version) for version in found), default=None)


def version_of(client: MlflowClient, name: str, alias: str) -> int | None:
    """The version that an alias names, or None."""
    found = client.search_registered_models(f"name = '{name}'")
    version = found[0].aliases.get(alias) if found else None
    return None if version is None else int(version)


def load_version(name: str, version: int) -> Model:
    """A registered model. Raises MillwrightError when it was not registered by `millwright train`."""
    import mlflow

    from ml.fit import unpack

    booster = mlflow.xgboost.load_model(f"models:/{name}/{version}")
    if not booster.attr("millwright"):
        raise MillwrightError(
            f"Version {version} of the model {name!r} was not made by `millwright train`.",
            "Give the alias champion to one that was (`millwright models ls`).",
        )
    return unpack(booster)


def register(
    client: MlflowClient, model: Model, key: str, example: pd.DataFrame, described: dict[str, Any], files: list[Path]
) -> tuple[int, str]:
    """Log a run and make a version of it; returns the version and the run's id.

    `described` holds params, metrics and tags. A run that a kill left half done is closed. The version appears in
    one step, with its key: before that there is none, after it `find_version` finds it.
    """
    import mlflow
    import xgboost
    from mlflow.models import infer_signature

    name = model.spec.name
    experiment = mlflow.set_experiment(settings().mlflow_experiment).experiment_id
    for left in client.search_runs([experiment], f"tags.`{_KEY}` = '{key}' and attributes.status = 'RUNNING'"):
        client.set_terminated(left.info.run_id, "KILLED")
    tags = {_KEY: key, **described["tags"]}
    with mlflow.start_run(experiment_id=experiment, run_name=name, tags=tags) as run:
        mlflow.log_params(described["params"])
        mlflow.log_metrics(described["metrics"])
        for path in files:
            mlflow.log_artifact(str(path))
        logged = mlflow.xgboost.log_model(
            model.booster,
            name="model",
            model_format="json",
            signature=infer_signature(example, model.probability(example)),
            input_example=example,
            pip_requirements=[f"xgboost=={xgboost.__version__}"],
        )
    made = mlflow.register_model(logged.model_uri, name, tags=tags)
    failpoint("ml.after_register")
    return int(made.version), str(run.info.run_id)
