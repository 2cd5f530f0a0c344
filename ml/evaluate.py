"""Holds a model against a naive baseline and the champion, on the same test part."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ml import alarms, features, labels, naive
from ml.bootstrap import intervals
from ml.fit import Model
from ml.history import History
from ml.scores import Floats, Mask, by_row
from ml.spec import Spec
from ml.split import Parts, split_by_time

Metrics = dict[str, float]


@dataclass(frozen=True)
class Labelled:
    """A history with its labels and its parts."""

    history: History
    labels: pd.DataFrame
    parts: Parts

    @property
    def fails(self) -> Mask:
        return self.labels["fails"].to_numpy(dtype=bool)

    def failures(self, part: Mask) -> int:
        """Failures (one machine, one moment) that rows of a part lie before."""
        ahead = part & self.fails
        machines = self.history.readings["equipment_id"][ahead].astype(str)
        return int((machines + "|" + self.labels["next_failure"][ahead].astype(str)).nunique())


def prepare(history: History, spec: Spec) -> Labelled:
    """Labels and parts of a history that has rows whose label is known; `split_by_time` needs one at least."""
    found = labels.label(history, spec.horizon_hours)
    return Labelled(history, found, split_by_time(history.readings["hour"], found["known"], spec.split))


def score(model: Model, data: Labelled, samples: int = 0) -> Metrics:
    """A model's scores on the test part: by row, by event, threshold, and 95 % intervals with bootstrap samples."""
    test, fails = data.parts.test, data.fails[data.parts.test]
    probability = model.probability(features.build(data.history, model.layout)[test])
    found = _scores(data, probability, model.threshold, model.spec.horizon_hours)
    bounds = intervals(_test_rows(data), fails, probability, model.threshold, samples, model.spec.seed)
    for name, (low, high) in bounds.items():
        found |= {f"{name}_low": low, f"{name}_high": high}
    return found


def baseline(data: Labelled, spec: Spec) -> tuple[str, Metrics]:
    """The naive rule that scores best on the test part by the spec's metric, and its scores."""
    rules = naive.rules(data.history, spec.events_window_hours, data.parts.train, data.parts.test, data.fails)
    found = {name: _scores(data, scores, threshold, spec.horizon_hours) for name, (scores, threshold) in rules.items()}
    best = max(found, key=lambda name: found[name].get(spec.promote.metric, -1.0))
    return best, found[best]


def _scores(data: Labelled, score: Floats, threshold: float, horizon_hours: int) -> Metrics:
    """By row and by event on the test part, without those that are not known."""
    found = {
        **by_row(data.fails[data.parts.test], score, threshold),
        **alarms.by_event(_test_rows(data), score >= threshold, horizon_hours),
        "threshold": threshold,
    }
    return {name: value for name, value in found.items() if not math.isnan(value)}


def _test_rows(data: Labelled) -> pd.DataFrame:
    test = data.parts.test
    rows = data.history.readings.loc[test, ["equipment_id", "hour", "time"]]
    return rows.assign(next_failure=data.labels.loc[test, "next_failure"])


def evaluate(model: Model, champion: Model | None, data: Labelled) -> dict[str, Any]:
    """Metrics of `model`, `baseline` and, if there is one, `champion`; `baseline_rule` names the naive rule."""
    rule, naive_metrics = baseline(data, model.spec)
    found: dict[str, Any] = {
        "model": score(model, data, model.spec.bootstrap_samples),
        "baseline": naive_metrics,
        "baseline_rule": rule,
    }
    return found if champion is None else found | {"champion": score(champion, data)}
