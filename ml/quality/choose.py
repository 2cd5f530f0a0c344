"""Chooses settings and blend on rows that the trial had not learned from, then fits them on the whole training part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.quality import decide, estimators
from ml.quality.data import CLASS
from ml.quality.layout import Layout
from ml.quality.parts import Round, Rows
from ml.quality.rates import judged, metrics
from ml.scores import Floats
from ml.spec.quality import QualitySpec

ALL = "all together"


@dataclass(frozen=True)
class Chosen:
    """Fitted classifiers whose mean is asked, with the features and the temperature that go with them."""

    layout: Layout
    estimators: tuple[Any, ...]
    kinds: tuple[tuple[str, dict[str, Any]], ...]
    temperature: float
    compared: dict[str, float]  # the metric of promotion, of each candidate's best setting and of all together

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Rows × classes, calibrated."""
        rows = self.layout.build(frame)
        said = np.mean([estimators.probability(one, rows) for one in self.estimators], axis=0)
        return decide.heated(said, self.temperature)


def choose(frame: pd.DataFrame, about: dict[str, Any], round_: Round, spec: QualitySpec) -> Chosen:
    """From a round's training rows alone."""
    labels = labels_of(frame, about)
    labelled = [
        (label, (one.name, parameters))
        for label, one in zip(labels_for([one.name for one in spec.candidates]), spec.candidates, strict=True)
        for parameters in one.settings()
    ]
    settings: list[tuple[str, dict[str, Any]]] = [setting for _, setting in labelled]
    asked = np.concatenate([later for _, later in round_.choices])
    said = _trials(frame, labels, about, round_, settings, spec)
    costs = np.array([spec.costs.get(name, 1.0) for name in about["classes"]])

    def reached(numbers: list[int]) -> tuple[float, float]:
        mixed = np.mean([said[one] for one in numbers], axis=0)
        found = metrics(judged(labels[asked], mixed, costs), np.ones(len(asked)))
        sign = -1.0 if spec.promote.metric in spec.LOWER_IS_BETTER else 1.0
        wanted = sign * found[spec.promote.metric]
        return (wanted if np.isfinite(wanted) else -np.inf), -found["log_loss"]

    best: dict[str, int] = {}
    for number, (name, _) in enumerate(labelled):
        if name not in best or reached([number]) > reached([best[name]]):
            best[name] = number
    groups = {name: [number] for name, number in best.items()} | ({ALL: list(best.values())} if len(best) > 1 else {})
    compared = {name: abs(reached(numbers)[0]) for name, numbers in groups.items()}
    taken = max(groups, key=lambda name: reached(groups[name]))
    taken = ALL if spec.combine == "all" and ALL in groups else taken
    kinds = tuple(settings[number] for number in groups[taken])
    mixed = np.mean([said[number] for number in groups[taken]], axis=0)
    layout, fitted = _fit(frame, labels, about, round_.train, kinds, spec)
    return Chosen(layout, fitted, kinds, decide.temperature(labels[asked], mixed), compared)


def labels_for(names: list[str]) -> list[str]:
    """Of candidates, for people: `extra_trees`, and `extra_trees 2` for another of the same algorithm."""
    counts = [names[: at + 1].count(name) for at, name in enumerate(names)]
    return [name if count == 1 else f"{name} {count}" for name, count in zip(names, counts, strict=True)]


def labels_of(frame: pd.DataFrame, about: dict[str, Any]) -> estimators.Labels:
    """Numbers of the classes; -1 where it is not known."""
    return pd.Categorical(frame[CLASS], categories=about["classes"]).codes.astype(np.int64)


def _trials(
    frame: pd.DataFrame, labels: estimators.Labels, about: dict[str, Any], round_: Round,
    settings: list[tuple[str, dict[str, Any]]], spec: QualitySpec,
) -> list[Floats]:  # fmt: skip
    """By setting, what was said of the rows chosen on, in their order."""
    out: list[list[Floats]] = [[] for _ in settings]
    for learned, later in round_.choices:
        layout = Layout.learn(frame.iloc[learned], about["numbers"], about["names"])
        known, asked = layout.build(frame.iloc[learned]), layout.build(frame.iloc[later])
        for number, (name, parameters) in enumerate(settings):
            fitted = estimators.fit(name, parameters, known, labels[learned], len(about["classes"]), spec.seed)
            out[number].append(estimators.probability(fitted, asked))
    return [np.concatenate(parts) for parts in out]


def _fit(
    frame: pd.DataFrame, labels: estimators.Labels, about: dict[str, Any], rows: Rows,
    kinds: tuple[tuple[str, dict[str, Any]], ...], spec: QualitySpec,
) -> tuple[Layout, tuple[Any, ...]]:  # fmt: skip
    layout = Layout.learn(frame.iloc[rows], about["numbers"], about["names"])
    known, count = layout.build(frame.iloc[rows]), len(about["classes"])
    return layout, tuple(
        estimators.fit(name, parameters, known, labels[rows], count, spec.seed) for name, parameters in kinds
    )
