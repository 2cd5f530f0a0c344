"""A fitted failure model with all that serving needs."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml import tree_models
from ml.failure import estimators
from ml.failure.calibration import Calibration
from ml.failure.layout import Layout
from ml.failure.schedule import within
from ml.scores import Floats
from ml.spec.failure import FailureSpec
from ml.spec.load import parse_spec

BROKEN, EXPOSED = "broken", "exposed"
CARD = "card.json"


@dataclass(frozen=True)
class Model:
    """An estimator with the spec, features, calibration and threshold it goes with; `about` is what it is known by."""

    estimator: Any
    spec: FailureSpec
    layout: Layout
    calibration: Calibration
    threshold: float
    about: dict[str, Any]
    example: pd.DataFrame

    def probability(self, features: pd.DataFrame) -> Floats:
        """Probability of a failure within the horizon for each row; 0 of a machine that lies broken already."""
        said = self.calibration(estimators.probability(self.estimator, features[self.layout.names]))
        if self.layout.service_hours is not None:
            said = within(said, features[EXPOSED].to_numpy(np.float64))
        return np.where(features[BROKEN].to_numpy(dtype=bool), 0.0, said)

    def contributions(self, features: pd.DataFrame) -> Floats:
        """What each feature adds, by row and feature, before calibration; the last column is the bias."""
        return estimators.contributions(self.estimator, features[self.layout.names])

    @property
    def described(self) -> dict[str, Any]:
        return {**self.about, "threshold": self.threshold, "calibration_slope": self.calibration.slope}

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """probability, predicted."""
        probability = self.probability(rows)
        return pd.DataFrame({"probability": probability, "predicted": probability >= self.threshold})

    def save(self, folder: Path) -> None:
        tree_models.save(self.estimator, folder)
        card = {
            "spec": self.spec.model_dump(mode="json"),
            "layout": self.layout.as_dict(),
            "calibration": asdict(self.calibration),
            "threshold": self.threshold,
            "about": self.about,
        }
        (folder / CARD).write_text(json.dumps(card, sort_keys=True, indent=1))
        self.example.to_parquet(folder / "example.parquet", index=False)


def load(folder: Path) -> Model:
    """What `Model.save` wrote."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text())
    spec = parse_spec(card["spec"], "the model's spec")
    assert isinstance(spec, FailureSpec)
    return Model(
        tree_models.load(folder),
        spec,
        Layout.from_dict(card["layout"]),
        Calibration(**card["calibration"]),
        card["threshold"],
        card["about"],
        pd.read_parquet(folder / "example.parquet"),
    )
