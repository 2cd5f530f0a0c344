"""Learns normal operation, calibrates on rows held back, and chooses the detectors by shifts put into such rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.anomaly.detectors import FOLDS, held_back, settings
from ml.anomaly.detectors import fit as fit_detector
from ml.anomaly.normal import POOL, Normal, smoothed
from ml.anomaly.reference import WARM, Reference, choose_rates
from ml.anomaly.shifts import shifted
from ml.anomaly.tail import Tail
from ml.scores import Floats
from ml.spec.anomaly import AnomalySpec

ALL = "all together"


def learn(series: Mapping[str, Floats], channels: tuple[str, ...], spec: AnomalySpec) -> tuple[Normal, dict[str, Any]]:
    """A model from each machine's normal rows × channels in the order of time, and how the candidates compared."""
    rates = choose_rates(list(series.values())) if spec.adapt else np.zeros(len(channels))
    references = _references(series, rates, spec)
    seen = _seen(series, references)
    asked = settings(spec)
    folds = _folds(series, rates, spec)
    held = {label: _held_back(kind, parameters, folds, spec) for label, (kind, parameters) in asked.items()}
    tails = {label: Tail.fit(np.concatenate([h for h, _ in parts])) for label, parts in held.items()}
    chosen, compared = _choose(held, tails, spec)
    found = [
        smoothed(np.mean([-np.log10(tails[label].rarity(held[label][at][0])) for label in chosen], axis=0), spec.smooth)
        for at in range(len(held[chosen[0]]))
    ]
    detectors = {}
    for label in chosen:
        kind, parameters = asked[label]
        groups = {POOL: np.concatenate(list(seen.values()))} if _shared(kind, spec) else seen
        detectors[label] = {name: fit_detector(kind, parameters, rows, spec.seed) for name, rows in groups.items()}
    kept = {label: tails[label] for label in chosen}
    return Normal(channels, references, detectors, kept, Tail.fit(np.concatenate(found)), spec.smooth), compared


def _references(series: Mapping[str, Floats], rates: Floats, spec: AnomalySpec) -> dict[str, Reference]:
    every = np.concatenate(list(series.values()))
    usual = pd.DataFrame(every).std(ddof=0).to_numpy(np.float64)
    if spec.pooled:
        return {POOL: Reference.fit(every, rates, spec.average, usual)}
    return {machine: Reference.fit(rows, rates, spec.average, usual) for machine, rows in series.items()}


def _seen(series: Mapping[str, Floats], references: Mapping[str, Reference]) -> dict[str, Floats]:
    """Standardised deviations, without the rows at the begin whose levels are not settled."""
    pool = references.get(POOL)
    return {
        machine: (pool or references[machine]).see(rows)[1][min(WARM, len(rows) // 4) :]
        for machine, rows in series.items()
    }


@dataclass(frozen=True)
class _Fold:
    """By machine: deviations of the rows learned from and of the run held back, which the reference does not know."""

    others: dict[str, Floats]
    runs: dict[str, Floats]


def _folds(series: Mapping[str, Floats], rates: Floats, spec: AnomalySpec) -> list[_Fold]:
    runs = {machine: held_back(len(rows)) for machine, rows in series.items()}
    out = []
    for fold in range(FOLDS):
        known = {machine: np.delete(rows, runs[machine][fold], axis=0) for machine, rows in series.items()}
        references = _references(known, rates, spec)
        others, held = {}, {}
        for machine, rows in series.items():
            reference = references.get(POOL) or references[machine]
            deviations = reference.see(rows)[1]
            run = runs[machine][fold]
            others[machine] = np.delete(deviations, run, axis=0)
            held[machine] = deviations[run][min(WARM, len(rows) // 4) if fold == 0 else 0 :]
        out.append(_Fold(others, held))
    return out


def _held_back(
    kind: str, parameters: dict[str, Any], folds: list[_Fold], spec: AnomalySpec
) -> list[tuple[Floats, Floats]]:
    """The strangeness of each held-back run, as it is and shifted, of a detector that knows the other runs."""
    out: list[tuple[Floats, Floats]] = []
    shared = _shared(kind, spec)
    for number, fold in enumerate(folds):
        pool = np.concatenate(list(fold.others.values())) if shared else None
        common = None if pool is None else fit_detector(kind, parameters, pool, spec.seed)
        for at, (machine, run) in enumerate(fold.runs.items()):
            detector = common or fit_detector(kind, parameters, fold.others[machine], spec.seed)
            # Rows are averages of so many: a shift of the raw channel is that much greater in their deviations.
            changed, which = shifted(run, np.full(run.shape[1], float(np.sqrt(spec.average))), 1000 * number + at)
            out.append((detector.strangeness(run), np.where(which, detector.strangeness(changed), np.nan)))
    return out


def _choose(
    held: Mapping[str, list[tuple[Floats, Floats]]], tails: Mapping[str, Tail], spec: AnomalySpec
) -> tuple[list[str], dict[str, Any]]:
    """The labels that are used, and the share of shifted rows that each candidate sees at the rate asked for."""
    groups = {label: [label] for label in held} | ({ALL: list(held)} if len(held) > 1 else {})
    power = {}
    for name, labels in groups.items():
        quiet, put_in = (
            np.mean([-np.log10(tails[one].rarity(_joined(held[one], at))) for one in labels], axis=0) for at in (0, 1)
        )
        tail, put_in = Tail.fit(quiet), put_in[np.isfinite(put_in)]
        power[name] = float((tail.rarity(put_in) <= spec.false_positive_rate).mean()) if len(put_in) else 0.0
    best = ALL if spec.combine == "all" and ALL in power else max(power, key=lambda name: power[name])
    return groups[best], {
        "detectors": best,
        "shifts_seen": ", ".join(f"{name} {share:.4f}" for name, share in power.items()),
    }


def _joined(runs: list[tuple[Floats, Floats]], which: int) -> Floats:
    return np.concatenate([run[which] for run in runs])


def _shared(kind: str, spec: AnomalySpec) -> bool:
    """Whether one detector judges all machines: a forest always does, for its rows are standardised by machine."""
    return spec.pooled or kind == "isolation_forest"
