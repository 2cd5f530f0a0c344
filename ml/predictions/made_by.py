"""What the registry knows of the version that made a prediction."""

from __future__ import annotations

import tempfile
from typing import Any

from millwright.errors import MillwrightError
from ml.predictions.lineage import EVENTS, INSPECTIONS, READINGS
from ml.spec.load import Spec, load_spec, parse_spec

# What a task's rows are made of; the first is what `reach_hours` counts back.
STREAMS = {
    "failure": (READINGS, EVENTS),
    "rul": (READINGS,),
    "anomaly": (READINGS,),
    "quality": (INSPECTIONS,),
    "forecast": (READINGS,),
}
_HOUR_OF_SUMMARY = 1.0  # models read readings summed up by the hour


def version(name: str, number: int) -> dict[str, Any]:
    """A version's watermark, git commit, training window and scores, and its spec.

    Where the registry does not answer or has it no more: `unknown` says why.
    """
    from ml.registry.client import connected
    from ml.registry.load import WATERMARK

    try:
        with connected(alone=True) as client:
            found = client.get_model_version(name, str(number))
            run = client.get_run(found.run_id)
            raw = _spec_of(found.run_id)
            champions = client.search_registered_models(f"name = '{name}'")[0].aliases
    except MillwrightError as error:
        return {"unknown": error.message}
    return {
        "run_id": found.run_id,
        "aliases": sorted(alias for alias, at in champions.items() if str(at) == str(number)),
        "data_watermark": found.tags.get(WATERMARK),
        "git_commit": found.tags.get("millwright.git_commit"),
        "described": dict(run.data.params),
        "scores": dict(run.data.metrics),
        "spec": raw,
    }


def spec_of(about: dict[str, Any], name: str) -> Spec | None:
    """The spec that a version was made by; None when nobody knows it any more."""
    try:
        return parse_spec(about["spec"], name) if about.get("spec") else load_spec(name)
    except MillwrightError:
        return None


def reach_hours(spec: Spec | None) -> float:
    """How far back from its moment a prediction's own rows reach, in hours."""
    if spec is not None and spec.task == "failure":
        from ml.failure.lookback import lookback_hours

        return lookback_hours(spec)
    if spec is not None and spec.task == "forecast":
        from ml.spec.span import hours

        # A season and more is asked of every candidate; what lies before it only shaped the model.
        return max(2 * max(spec.seasons, default=24), spec.horizon) * (hours(spec.step) if spec.step else 1.0)
    return _HOUR_OF_SUMMARY


def _spec_of(run_id: str) -> dict[str, Any] | None:
    import mlflow
    import yaml

    with tempfile.TemporaryDirectory() as folder:
        path = mlflow.artifacts.download_artifacts(run_id=run_id, artifact_path="spec.yml", dst_path=folder)
        with open(path) as file:
            found = yaml.safe_load(file)
    return found if isinstance(found, dict) else None
