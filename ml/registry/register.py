"""Registers a trained model with all that tells where it comes from."""

from __future__ import annotations

import importlib.metadata
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from millwright.failpoints import failpoint
from ml import workspace
from ml.registry import client as registry
from ml.registry.load import KEY, WATERMARK, find_version, load_folder
from ml.spec.load import Spec

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PACKAGES = ("numpy", "pandas", "scikit-learn", "skops", "xgboost")


def register(evaluated: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """Register the model of a run's work files, once; gives version, run_id and whether it is new.

    A run that a kill left half done is closed. The version appears in one step, with its key: before that there is
    none, after it `find_version` finds it.
    """
    folder = Path(evaluated["folder"])
    with registry.connected(spec.alone) as client:
        version = find_version(client, spec.name, evaluated["key"])
        if version is not None:
            found = client.get_model_version(spec.name, str(version))
            return {"version": version, "run_id": found.run_id, "registered": False}
        (folder / "spec.yml").write_text(yaml.safe_dump(json.loads(spec.model_dump_json()), sort_keys=False))
        made, run_id = _log(client, folder, evaluated, spec)
    return {"version": made, "run_id": run_id, "registered": True}


def _log(client: MlflowClient, folder: Path, evaluated: dict[str, Any], spec: Spec) -> tuple[int, str]:
    import mlflow
    from mlflow.models import infer_signature

    key, experiment = evaluated["key"], registry.experiment(client)
    for left in client.search_runs([experiment], f"tags.`{KEY}` = '{key}' and attributes.status = 'RUNNING'"):
        client.set_terminated(left.info.run_id, "KILLED")
    tags = {KEY: key, **_tags(evaluated, spec)}
    model, _ = load_folder(folder / "model", spec.name)
    example = model.example
    with mlflow.start_run(experiment_id=experiment, run_name=spec.name, tags=tags) as run:
        mlflow.log_params(evaluated["described"])
        mlflow.log_metrics(_metrics(evaluated["evaluation"]))
        for name in ("spec.yml", "evaluation.json", "fit.json"):
            mlflow.log_artifact(str(folder / name))
        mlflow.log_artifacts(str(folder / "plots"), "plots")
        logged = mlflow.pyfunc.log_model(
            name="model",
            loader_module="ml.registry.served",
            data_path=str(folder / "model"),
            signature=infer_signature(example, model.answer(example)),
            input_example=example,
            pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in _PACKAGES],
        )
    failpoint("ml.after_log")
    made = mlflow.register_model(logged.model_uri, spec.name, tags=tags)
    failpoint("ml.after_register")
    return int(made.version), str(run.info.run_id)


def _metrics(evaluation: dict[str, Any]) -> dict[str, float]:
    return {
        f"{prefix}{name}": value
        for part, prefix in (("model", ""), ("baseline", "baseline_"), ("champion", "champion_"))
        for name, value in (evaluation.get(part) or {}).items()
    }


def _tags(evaluated: dict[str, Any], spec: Spec) -> dict[str, str]:
    return {
        WATERMARK: evaluated["data_watermark"],
        "millwright.task": spec.task,
        "millwright.metric": spec.promote.metric,
        "millwright.spec_sha": spec.sha,
        "millwright.git_commit": workspace.git_commit(),
        "millwright.baseline_rule": evaluated["evaluation"]["baseline_rule"],
    }
