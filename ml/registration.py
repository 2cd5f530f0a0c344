"""Registers a trained model with all that tells where it comes from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ml import registry, workspace
from ml.fit import load_model
from ml.spec import Spec


def register(evaluated: dict[str, Any], spec: Spec) -> dict[str, Any]:
    """Register the model of a run's work files, once; gives version, run_id and whether it is new."""
    folder = Path(evaluated["folder"])
    with registry.connected() as client:
        version = registry.find_version(client, spec.name, evaluated["key"])
        if version is not None:
            found = client.get_model_version(spec.name, str(version))
            return {"version": version, "run_id": found.run_id, "registered": False}
        model = load_model(folder / "model.json")
        (folder / "spec.yml").write_text(yaml.safe_dump(json.loads(spec.model_dump_json()), sort_keys=False))
        files = [folder / name for name in ("spec.yml", "evaluation.json", "fit.json")]
        example = pd.read_parquet(folder / "example.parquet")
        version, run_id = registry.register(
            client, model, evaluated["key"], example, _described(evaluated, spec), files
        )
    return {"version": version, "run_id": run_id, "registered": True}


def _described(evaluated: dict[str, Any], spec: Spec) -> dict[str, Any]:
    evaluation = evaluated["evaluation"]
    metrics = {
        f"{prefix}{name}": value
        for part, prefix in (("model", ""), ("baseline", "baseline_"), ("champion", "champion_"))
        for name, value in evaluation.get(part, {}).items()
    }
    params = {
        "algorithm": spec.algorithm.name,
        "rounds": spec.algorithm.rounds,
        **spec.algorithm.parameters,
        "horizon_hours": spec.horizon_hours,
        "windows_hours": ",".join(str(hours) for hours in spec.windows_hours),
        "seed": spec.seed,
        "threshold": evaluated["threshold"],
        **{
            name: evaluated[name] for name in ("train_rows", "train_failures", "train_from", "train_until", "test_from")
        },
    }
    tags = {
        "millwright.data_watermark": evaluated["data_watermark"],
        "millwright.spec_sha": spec.sha,
        "millwright.git_commit": workspace.git_commit(),
        "millwright.baseline_rule": evaluation["baseline_rule"],
    }
    return {"params": params, "metrics": metrics, "tags": tags}
