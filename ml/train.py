"""The steps of a training: extract → fit → evaluate → register → deploy.

Each takes and gives a small JSON-able dict; the rest lies in the run's work files. Each may be run again. When there
is nothing to learn from, `extract` or `fit` says so in `reason` with `trained` false, and the later steps pass it on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml import workspace
from ml.spec import Spec, load_spec

Step = dict[str, Any]


def run(spec: str = "failure") -> Step:
    """All steps in one go; gives what `deploy` gives."""
    return deploy(register(evaluate(fit(extract(spec)))))


def extract(spec: str = "failure") -> Step:
    """Read the history and keep it in work files.

    Gives spec, key (of spec, data and code), folder, rows, machines, data_watermark; before the marts are built, or
    without a reading, trained is false. Raises MillwrightError when a channel is missing, Unavailable without a
    warehouse.
    """
    from ml.extract import NotBuilt
    from ml.extract import extract as read

    loaded = load_spec(spec)
    try:
        history = read(loaded)
    except NotBuilt as error:
        return {"spec": spec, "trained": False, "reason": str(error)}
    if history.watermark is None:
        return {"spec": spec, "trained": False, "reason": f"{loaded.source.readings} holds no readings yet."}
    key = workspace.run_key(loaded, history)
    folder = workspace.folder(loaded, key)
    history.save(folder)
    workspace.sweep(loaded, key)
    return {
        "spec": spec,
        "key": key,
        "folder": str(folder),
        "rows": len(history.readings),
        "machines": int(history.readings["equipment_id"].nunique()),
        "data_watermark": history.watermark.isoformat(),
    }


def fit(extracted: Step) -> Step:
    """Train on the training part, having chosen the threshold on its end. Adds trained, threshold, training window."""
    if extracted.get("trained") is False:
        return extracted
    folder = Path(extracted["folder"])
    if not (folder / "fit.json").exists():
        from ml.training import train_model

        fitted = train_model(folder, _spec(extracted))
        workspace.write_json(folder / "fit.json", fitted)
    return extracted | workspace.read_json(folder / "fit.json")


def evaluate(fitted: Step) -> Step:
    """Score the model, the naive baseline and the champion on the test part. Adds evaluation."""
    if not fitted["trained"]:
        return fitted
    from ml.evaluate import evaluate as judge
    from ml.evaluate import prepare
    from ml.fit import load_model
    from ml.history import load_history
    from ml.registry import CHAMPION, connected, find_version, load_version, version_of

    folder, spec = Path(fitted["folder"]), _spec(fitted)
    with connected() as client:
        version = version_of(client, spec.name, CHAMPION)
        itself = version is not None and version == find_version(client, spec.name, fitted["key"])
        champion = None if version is None or itself else load_version(spec.name, version)
    data = prepare(load_history(folder), spec)
    found = judge(load_model(folder / "model.json"), champion, data) | {"champion_version": version}
    workspace.write_json(folder / "evaluation.json", found)
    return fitted | {"evaluation": found}


def register(evaluated: Step) -> Step:
    """Register the model in MLflow unless the same spec, data and code were before. Adds version, run_id."""
    if not evaluated["trained"]:
        return evaluated
    from ml.registration import register as to_mlflow

    return evaluated | to_mlflow(evaluated, _spec(evaluated))


def deploy(registered: Step) -> Step:
    """Make the version champion if it deserves it, and record why or why not.

    Gives task, model, version, promoted, reason, metrics, baseline, data_watermark, trained.
    """
    if not registered["trained"]:
        return registered
    from ml.promote import decide
    from ml.promote import deploy as carry_out
    from ml.registry import connected

    spec, evaluation = _spec(registered), registered["evaluation"]
    with connected() as client:
        decision, changed = carry_out(
            client,
            spec.name,
            registered["version"],
            registered["run_id"],
            decide(spec.promote, evaluation),
            {name: evaluation[name] for name in ("model", "baseline", "champion") if name in evaluation},
        )
    return {
        "task": spec.task,
        "model": spec.name,
        "version": registered["version"],
        "trained": True,
        "promoted": decision.promoted,
        "reason": decision.reason,
        "changed": changed,
        "metrics": evaluation["model"],
        "baseline": {"rule": evaluation["baseline_rule"], **evaluation["baseline"]},
        "champion": evaluation.get("champion"),
        "data_watermark": registered["data_watermark"],
        "rows": registered["rows"],
        "machines": registered["machines"],
    }


def _spec(step: Step) -> Spec:
    return load_spec(step["spec"])
