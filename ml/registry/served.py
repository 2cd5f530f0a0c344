"""How MLflow itself loads a model of ours: `mlflow.pyfunc.load_model` gives one that answers rows of features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from ml.registry.load import load_folder
from ml.task import Model


class Served:
    """What MLflow asks of a loaded model."""

    def __init__(self, model: Model) -> None:
        self.model = model

    def predict(self, rows: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """The model's answer, one row each."""
        return self.model.answer(rows)


def _load_pyfunc(path: str) -> Served:  # the name is MLflow's
    return Served(load_folder(Path(path), path)[0])
