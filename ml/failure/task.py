"""Task `failure`: will a machine fail within the horizon."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ml.data import Data
from ml.failure import evaluate, examples, features, plots, predict, read
from ml.failure.choose import choose
from ml.failure.history import from_data
from ml.failure.model import Model
from ml.failure.model import load as load_model
from ml.sources.all_there import all_there
from ml.spec.failure import FailureSpec
from ml.task import Floats, Judged, Task


class Failure:
    """See ml.task.Task."""

    def read(self, spec: FailureSpec, newest: bool = False) -> Data:
        return read.read(spec, newest)

    def too_little(self, data: Data, spec: FailureSpec) -> str:
        return examples.too_little(from_data(data), spec)

    def fit(self, data: Data, spec: FailureSpec) -> Model:
        return choose(examples.prepare(from_data(data), spec), spec)

    def load(self, folder: Path) -> Model:
        return load_model(folder)

    def evaluate(self, model: Model, data: Data, spec: FailureSpec) -> Judged:
        return evaluate.evaluate(model, examples.prepare(from_data(data), spec), spec)

    def baseline(self, data: Data, spec: FailureSpec) -> tuple[str, Judged]:
        return evaluate.baseline(examples.prepare(from_data(data), spec), spec)

    def score(self, rows: pd.DataFrame, weight: Floats, spec: FailureSpec) -> float:
        return evaluate.score(rows, weight, spec)

    def plots(self, model: Model, data: Data, judged: Judged, folder: Path) -> None:
        plots.draw(model, judged, folder)

    def predict(self, model: Model, data: Data, spec: FailureSpec) -> pd.DataFrame:
        history = from_data(data)
        all_there(spec.place, history.channels, model.layout.channels)
        return predict.predictions(model, history)

    def inputs(self, model: Model, data: Data, spec: FailureSpec) -> pd.DataFrame:
        """One row per reading: `time` and the model's features; what drift is judged on."""
        return features.build(from_data(data), model.layout, model.spec)[["time", *model.layout.names]]


TASK: Task = Failure()
