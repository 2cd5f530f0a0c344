"""Fits a model of the remaining life: the candidate that is best on units it has not seen."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ml.data import Data
from ml.rul import estimators
from ml.rul.examples import Floats, left, of, units
from ml.rul.features import build, varying
from ml.rul.intervals import learn
from ml.rul.model import RulModel
from ml.rul.scores import nasa
from ml.spec.rul import RulSpec

FOLDS = 5  # by unit, for the intervals


def fitted(data: Data, spec: RulSpec) -> RulModel:
    """Choose on the validation units, learn intervals across folds of all known units, fit on all of them."""
    readings, parts = data.frames["readings"], units(data, spec)
    train, validation = of(readings, parts.train), of(readings, parts.validation)
    channels = varying(readings[train], data.about["channels"])
    table, life = build(readings, channels, spec.windows), left(readings, spec.cap)
    labelled = ~np.isnan(life)
    train, validation = train & labelled, validation & labelled
    tried: list[tuple[float, str, dict[str, Any]]] = []
    for candidate in spec.candidates:
        for settings in candidate.settings():
            trial = estimators.fit(candidate.name, settings, table[train], life[train], spec.seed)
            tried.append(
                (_loss(estimators.tell(trial, table[validation]), life[validation], spec), candidate.name, settings)
            )
    _, name, settings = min(tried, key=lambda one: one[0])
    known = train | validation
    told, sure = _unseen(name, settings, table[known], life[known], readings["entity"][known], spec)
    model = estimators.fit(name, settings, table[known], life[known], spec.seed)
    best = {candidate: min(one[0] for one in tried if one[1] == candidate) for _, candidate, _ in tried}
    about = {
        "chosen": name,
        **{f"parameter_{key}": value for key, value in settings.items()},
        **{f"validation_loss_{candidate}": round(value, 6) for candidate, value in best.items()},
        "units": len(parts.known),
        "rows": int(known.sum()),
        "cap": spec.cap,
        "unit": data.about["unit"],
    }
    example = table[known].tail(3).reset_index(drop=True)
    return RulModel(model, tuple(channels), spec.windows, learn(told, sure, len(parts.known)), spec.cap, about, example)


def _unseen(
    name: str, settings: dict[str, Any], table: pd.DataFrame, life: Floats, entity: pd.Series, spec: RulSpec
) -> tuple[Floats, Floats]:
    """What models that had not seen a row's unit say of it, and what was true."""
    number, names = pd.factorize(entity)
    folds = min(FOLDS, len(names))
    fold = np.random.default_rng(spec.seed).permutation(len(names))[number] % folds
    told = np.full(len(life), life.mean())
    for one in range(folds):
        mine = fold == one
        if mine.all():
            continue
        model = estimators.fit(name, settings, table[~mine], life[~mine], spec.seed)
        told[mine] = estimators.tell(model, table[mine])
    return told, life


def _loss(told: Floats, life: Floats, spec: RulSpec) -> float:
    error = told - life
    if spec.promote.metric == "mae":
        return float(np.abs(error).mean())
    if spec.promote.metric == "nasa_score":
        return float(nasa(error).mean())
    return float(np.sqrt((error**2).mean()))
