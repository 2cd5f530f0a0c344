"""The steps of a training, for any task: extract → fit → evaluate → register → deploy.

Each takes and gives a small JSON-able dict; the rest lies in the run's work files. Each may be run again. When there
is nothing to learn from, `extract` or `fit` says so in `reason` with `trained` false, and later steps pass it on.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml import workspace
from ml.spec.load import Spec, load_spec, parse_spec
from ml.task import task

Step = dict[str, Any]


def run(spec: str, sources: tuple[str, ...] = ()) -> Step:
    """All steps in one go; gives what `deploy` gives."""
    return deploy(register(evaluate(fit(extract(spec, sources)))))


def extract(spec: str, sources: tuple[str, ...] = ()) -> Step:
    """Read the data and keep them in work files.

    Gives spec, task, model, key (of spec, data and code), folder, rows, data_watermark; before the marts are built, or
    without a row, trained is false. Raises MillwrightError as `load_spec` and `Task.read` do.
    """
    from ml.sources.missing import Missing

    loaded = load_spec(spec, sources)
    said: Step = {"spec": spec, "task": loaded.task, "model": loaded.name}
    try:
        data = task(loaded.task).read(loaded)
    except Missing as error:
        if not all(source.table for source in loaded.sources.values()):
            raise
        return said | {"trained": False, "reason": str(error)}
    if data.watermark is None:
        return said | {"trained": False, "reason": f"{loaded.place} holds no readings yet."}
    key = workspace.run_key(loaded, data)
    folder = workspace.folder(loaded, key)
    data.save(folder / "data")
    workspace.write_json(folder / "spec.json", loaded.model_dump(mode="json"))
    workspace.sweep(loaded, key)
    return said | {"key": key, "folder": str(folder), "rows": data.rows, "data_watermark": data.watermark}


def fit(extracted: Step) -> Step:
    """Choose and train a model on training and validation parts. Adds trained, described."""
    if extracted.get("trained") is False:
        return extracted
    from ml.data import load_data

    folder, spec = Path(extracted["folder"]), spec_of(extracted)
    if not (folder / "fit.json").exists():
        work, data = task(spec.task), load_data(folder / "data")
        reason = work.too_little(data, spec)
        if reason:
            return extracted | {"trained": False, "reason": reason}
        model = work.fit(data, spec)
        model.save(workspace.emptied(folder / "model"))
        workspace.write_json(folder / "model" / "spec.json", spec.model_dump(mode="json"))
        workspace.write_json(folder / "fit.json", {"trained": True, "described": model.described})
    return extracted | workspace.read_json(folder / "fit.json")


def evaluate(fitted: Step) -> Step:
    """Score the model, the naive baseline and the champion on the test part. Adds evaluation, champion_version."""
    if not fitted["trained"]:
        return fitted
    from ml.judge import judge

    folder, spec = Path(fitted["folder"]), spec_of(fitted)
    found = judge(folder, spec, fitted["key"])
    workspace.write_json(folder / "evaluation.json", found)
    return fitted | {"evaluation": found}


def register(evaluated: Step) -> Step:
    """Register the model in MLflow unless the same spec, data and code were before. Adds version, run_id."""
    if not evaluated["trained"]:
        return evaluated
    from ml.registry.register import register as to_mlflow

    return evaluated | to_mlflow(evaluated, spec_of(evaluated))


def deploy(registered: Step) -> Step:
    """Make the version champion if it deserves it, and record why or why not.

    Gives task, model, version, run_id, promoted, reason, metrics, baseline, champion, data_watermark, trained, changed.
    """
    if not registered["trained"]:
        return registered
    from ml.registry.promote import decide
    from ml.registry.promote import deploy as carry_out

    spec, evaluation = spec_of(registered), registered["evaluation"]
    decision, changed = carry_out(
        spec,
        registered["version"],
        registered["run_id"],
        decide(spec, evaluation, registered["data_watermark"]),
        {name: evaluation[name] for name in ("model", "baseline", "champion", "difference") if name in evaluation},
    )
    return {
        "task": spec.task,
        "model": spec.name,
        "version": registered["version"],
        "run_id": registered["run_id"],
        "trained": True,
        "promoted": decision.promoted,
        "reason": decision.reason,
        "changed": changed,
        "metrics": evaluation["model"],
        "baseline": {"rule": evaluation["baseline_rule"], **evaluation["baseline"]},
        "champion": evaluation.get("champion"),
        "described": registered["described"],
        "data_watermark": registered["data_watermark"],
        "rows": registered["rows"],
    }


def spec_of(step: Step) -> Spec:
    """The spec as it was when the run began."""
    return parse_spec(json.loads((Path(step["folder"]) / "spec.json").read_text()), step["spec"])
