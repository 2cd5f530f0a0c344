"""Fits XGBoost, and packs all that serving needs into the model's own JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xgboost

from ml.layout import Layout
from ml.scores import Floats, Mask
from ml.spec import Spec, parse_spec

_CARD = "millwright"  # the booster's attribute


@dataclass(frozen=True)
class Model:
    """A booster with the spec, the features and the threshold it goes with: one file, so they cannot part."""

    booster: xgboost.Booster
    spec: Spec
    layout: Layout
    threshold: float

    def probability(self, features: pd.DataFrame) -> Floats:
        """Probability of a failure within the horizon for each row."""
        return np.asarray(self.booster.predict(self._matrix(features)), dtype=np.float64)

    def contributions(self, features: pd.DataFrame) -> Floats:
        """SHAP values by row and feature, in log-odds; the last column is the bias all rows share."""
        return np.asarray(self.booster.predict(self._matrix(features), pred_contribs=True), dtype=np.float64)

    def save(self, path: Path) -> None:
        """Write XGBoost's JSON."""
        card = {"spec": self.spec.model_dump(mode="json"), "layout": self.layout.as_dict(), "threshold": self.threshold}
        self.booster.set_attr(**{_CARD: json.dumps(card, sort_keys=True)})
        self.booster.save_model(path)

    def _matrix(self, features: pd.DataFrame) -> xgboost.DMatrix:
        return xgboost.DMatrix(features[self.layout.names], nthread=self.spec.algorithm.threads)


def load_model(path: Path) -> Model:
    """What `Model.save` wrote."""
    return unpack(xgboost.Booster(model_file=path))


def unpack(booster: xgboost.Booster) -> Model:
    """The model in a booster that `Model.save` wrote."""
    card: dict[str, Any] = json.loads(booster.attr(_CARD))
    return Model(
        booster, parse_spec(card["spec"], "the model's spec"), Layout.from_dict(card["layout"]), card["threshold"]
    )


def fit(features: pd.DataFrame, fails: Mask, layout: Layout, spec: Spec) -> xgboost.Booster:
    """A booster trained on these rows; the same rows, spec and seed give the same bytes.

    Failing rows are rare, and are not weighted up: probabilities stay what they say, and the threshold decides.
    """
    parameters: dict[str, Any] = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "seed": spec.seed,
        "nthread": spec.algorithm.threads,
        **spec.algorithm.parameters,
    }
    matrix = xgboost.DMatrix(features[layout.names], fails, nthread=spec.algorithm.threads)
    return xgboost.train(parameters, matrix, spec.algorithm.rounds)
