"""Holds a run's model against the naive baseline and the champion, on the same test rows."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml import workspace
from ml.data import Data, load_data
from ml.registry import paired
from ml.registry.client import CHAMPION, connected
from ml.registry.load import WATERMARK, find_version, load_version, version_of
from ml.spec.load import Spec
from ml.task import Judged, Task, task

Metrics = dict[str, float]
_OF_OTHER_CODE = (KeyError, TypeError, ValueError, OSError)  # what reading a model gives that other code has written


def judge(folder: Path, spec: Spec, key: str) -> dict[str, Any]:
    """Metrics of `model`, `baseline` and, if there is one, `champion`; `baseline_rule` names the naive rule;
    `difference` is what the paired bootstrap says. Writes the plots of the model into the folder.
    """
    work, data = task(spec.task), load_data(folder / "data")
    model = work.load(folder / "model")
    judged = work.evaluate(model, data, spec)
    rule, naive = work.baseline(data, spec)
    work.plots(model, data, judged, workspace.emptied(folder / "plots"))
    found: dict[str, Any] = {
        "model": _finite(judged.metrics),
        "baseline": _finite(naive.metrics),
        "baseline_rule": rule,
    }
    champion, about = _champion(work, data, spec, key)

    def score(rows: pd.DataFrame, weight: Any) -> float:
        return work.score(rows, np.asarray(weight, dtype=np.float64), spec)

    difference = paired.compare(
        score,
        judged.rows,
        None if champion is None else champion.rows,
        spec.promote.samples,
        spec.promote.confidence,
        spec.seed,
    )
    if {"low", "high"} <= set(difference):
        sign = -1.0 if spec.promote.metric in spec.LOWER_IS_BETTER else 1.0
        ends = sorted([sign * difference["low"], sign * difference["high"]])
        found["model"] |= {f"{spec.promote.metric}_low": ends[0], f"{spec.promote.metric}_high": ends[1]}
    if champion is not None:
        found["champion"] = _finite(champion.metrics)
    return found | {"difference": difference} | about


def _champion(work: Task, data: Data, spec: Spec, key: str) -> tuple[Judged | None, dict[str, Any]]:
    """The champion on the test rows, unless it is this very model or cannot be read any more."""
    with connected(spec.alone) as client:
        version = version_of(client, spec.name, CHAMPION)
        if version is None or version == find_version(client, spec.name, key):
            return None, {"champion_version": version}
        about = {
            "champion_version": version,
            "champion_watermark": client.get_model_version(spec.name, str(version)).tags.get(WATERMARK),
        }
        try:
            champion, _ = load_version(spec.name, version)
            return work.evaluate(champion, data, spec), about
        except (MillwrightError, *_OF_OTHER_CODE) as error:
            return None, about | {"champion_unreadable": " ".join(str(error).split()) or type(error).__name__}


def _finite(metrics: Metrics) -> Metrics:
    return {name: float(value) for name, value in metrics.items() if math.isfinite(value)}
