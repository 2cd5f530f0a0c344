"""The model of task `quality` with all that serving needs: JSON, XGBoost's JSON and npz files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.quality import decide, estimators
from ml.quality.choose import Chosen
from ml.quality.layout import Layout
from ml.quality.reasons import reasons
from ml.scores import Floats
from ml.spec.load import parse_spec
from ml.spec.quality import QualitySpec


@dataclass(frozen=True)
class HeldOut:
    """What was said of pieces by models that had not seen them, by the pieces' own hash: k folds."""

    hashes: NDArray[np.uint64]
    probability: Floats


@dataclass(frozen=True)
class QualityModel:
    """Classifiers, the classes (the good one first), and what is told of them."""

    spec: QualitySpec
    chosen: Chosen
    classes: tuple[str, ...]
    held_out: HeldOut
    described: dict[str, Any]
    example: pd.DataFrame

    @property
    def costs(self) -> Floats:
        """By class."""
        return np.array([self.spec.costs.get(name, 1.0) for name in self.classes])

    @property
    def threshold(self) -> float:
        """Of two classes, the probability of a defect from which it is told: cost of good / (of good + of defect)."""
        good, others = self.costs[0], float(self.costs[1:].mean())
        return float(good / (good + others)) if good + others else 0.5

    def probability(self, frame: pd.DataFrame) -> Floats:
        """Pieces × classes, calibrated."""
        return self.chosen.probability(frame)

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Class, probability of each class, probability of a defect, and reasons, of each row of features."""
        said = self.probability(rows)
        told = decide.decide(said, self.costs)
        out = pd.DataFrame({"predicted": [self.classes[one] for one in told], "defect_probability": 1 - said[:, 0]})
        for at, name in enumerate(self.classes):
            out[f"probability_{name}"] = said[:, at]
        return out.assign(factors=[json.dumps(found) for found in self.reasons(rows)])

    def reasons(self, frame: pd.DataFrame) -> list[list[dict[str, Any]]]:
        """See ml.quality.reasons."""
        return reasons(self.chosen, frame, len(self.classes))

    def save(self, folder: Path) -> None:
        """Write spec.json, model.json, example.parquet, held_out.npz, and a file a classifier."""
        folder.mkdir(parents=True, exist_ok=True)
        card = {
            "classes": self.classes,
            "layout": self.chosen.layout.as_dict(),
            "kinds": self.chosen.kinds,
            "temperature": self.chosen.temperature,
            "compared": self.chosen.compared,
            "described": self.described,
        }
        (folder / "model.json").write_text(json.dumps(card))
        (folder / "spec.json").write_text(self.spec.model_dump_json())
        self.example.to_parquet(folder / "example.parquet", index=False)
        np.savez_compressed(
            folder / "held_out.npz",
            hashes=self.held_out.hashes,
            probability=self.held_out.probability,
        )
        for number, estimator in enumerate(self.chosen.estimators):
            estimators.save(estimator, folder, number)


def load_model(folder: Path) -> QualityModel:
    """What `QualityModel.save` wrote."""
    card = json.loads((folder / "model.json").read_text())
    spec = parse_spec(json.loads((folder / "spec.json").read_text()), "the model's spec")
    assert isinstance(spec, QualitySpec)
    kinds = tuple((name, parameters) for name, parameters in card["kinds"])
    chosen = Chosen(
        Layout.from_dict(card["layout"]),
        tuple(estimators.load(folder, number) for number in range(len(kinds))),
        kinds,
        card["temperature"],
        card["compared"],
    )
    with np.load(folder / "held_out.npz", allow_pickle=False) as packed:
        held_out = HeldOut(packed["hashes"], packed["probability"])
    example = pd.read_parquet(folder / "example.parquet")
    return QualityModel(spec, chosen, tuple(card["classes"]), held_out, card["described"], example)
