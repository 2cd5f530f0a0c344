"""A fitted model of the remaining life with all that serving needs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ml.rul import estimators
from ml.rul.examples import Floats
from ml.rul.features import build
from ml.rul.intervals import Ends

CARD = "card.json"
COLUMNS = ("value", "lower", "upper", "lower_95", "upper_95")


@dataclass(frozen=True)
class RulModel:
    """An estimator with the channels and windows that its features are made of, and its intervals."""

    estimator: Any
    channels: tuple[str, ...]
    windows: tuple[int, ...]
    ends: Ends
    cap: float | None
    about: dict[str, Any]
    example: pd.DataFrame

    @property
    def names(self) -> list[str]:
        """Of the features, in their order."""
        return [str(name) for name in self.example.columns]

    @property
    def described(self) -> dict[str, Any]:
        """The candidate that was chosen, its parameters, losses on the validation part, units."""
        return self.about

    def features(self, readings: pd.DataFrame) -> pd.DataFrame:
        """A row of features a reading; a channel that the readings do not have is unknown."""
        return build(readings.reindex(columns=["entity", "time", *self.channels]), list(self.channels), self.windows)

    def tell(self, features: pd.DataFrame) -> Floats:
        """The remaining life, in the unit of time; never more than the cap."""
        told = estimators.tell(self.estimator, features[self.names])
        return told if self.cap is None else np.minimum(told, self.cap)

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """value, and its intervals: lower, upper (80 %), lower_95, upper_95."""
        told = self.tell(rows)
        return pd.DataFrame(np.column_stack([told, self.ends.around(told)]), columns=list(COLUMNS))

    def save(self, folder: Path) -> None:
        """Write the estimator's file, card.json and example.parquet."""
        folder.mkdir(parents=True, exist_ok=True)
        estimators.save(self.estimator, folder)
        card = {
            "channels": self.channels,
            "windows": self.windows,
            "cap": self.cap,
            "ends": {name: values.tolist() for name, values in vars(self.ends).items()},
            "about": self.about,
        }
        (folder / CARD).write_text(json.dumps(card, sort_keys=True, indent=1))
        self.example.to_parquet(folder / "example.parquet", index=False)


def load(folder: Path) -> RulModel:
    """What `RulModel.save` wrote."""
    card: dict[str, Any] = json.loads((folder / CARD).read_text())
    return RulModel(
        estimators.load(folder),
        tuple(card["channels"]),
        tuple(card["windows"]),
        Ends(**{name: np.array(values, dtype=np.float64) for name, values in card["ends"].items()}),
        card["cap"],
        card["about"],
        pd.read_parquet(folder / "example.parquet"),
    )
