"""Finds versions, and loads the models in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from millwright.errors import MillwrightError
from ml.spec.load import Spec, parse_spec
from ml.task import Model, task

if TYPE_CHECKING:
    from mlflow import MlflowClient

KEY = "millwright.key"  # of a version and its run: spec, data and code
WATERMARK = "millwright.data_watermark"


def find_version(client: MlflowClient, name: str, key: str) -> int | None:
    """The version that was registered for the same spec, data and code."""
    found = client.search_model_versions(f"name = '{name}' and tags.`{KEY}` = '{key}'")
    return max((int(version.version) for version in found), default=None)


def version_of(client: MlflowClient, name: str, alias: str) -> int | None:
    """The version that an alias names, or None."""
    found = client.search_registered_models(f"name = '{name}'")
    version = found[0].aliases.get(alias) if found else None
    return None if version is None else int(version)


def load_version(name: str, version: int) -> tuple[Model, Spec]:
    """A registered model and the spec it was made by, while `connected`.

    Raises MillwrightError when it was not registered by `millwright train`, or by one whose specs were others.
    """
    import mlflow

    folder = Path(mlflow.artifacts.download_artifacts(f"models:/{name}/{version}")) / "data"
    folder = next((path for path in (folder, *folder.glob("*")) if (path / "spec.json").exists()), folder)
    if not (folder / "spec.json").exists():
        raise MillwrightError(
            f"Version {version} of the model {name!r} was not made by `millwright train`.",
            "Give the alias champion to one that was (`millwright models promote`).",
        )
    return load_folder(folder, f"the spec of {name} version {version}")


def load_folder(folder: Path, said_by: str) -> tuple[Model, Spec]:
    """What `Model.save` wrote, with spec.json beside it."""
    raw: dict[str, Any] = json.loads((folder / "spec.json").read_text())
    spec = parse_spec(raw, said_by)
    return task(spec.task).load(folder), spec
