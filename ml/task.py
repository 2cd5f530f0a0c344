"""What a task has to be able to do, and the tasks by name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from millwright.errors import MillwrightError
from ml.data import Data

Floats = NDArray[np.float64]
TASKS = ("failure", "rul", "anomaly", "quality", "forecast")


@dataclass(frozen=True)
class Judged:
    """Metrics on the test part, by their usual names, and the test rows that they come from.

    `rows`: one row per test row in an order that does not depend on the model, with `block` (what a bootstrap draws
    whole: an event, a machine-day), if useful `stratum` (blocks are drawn within it), and what `Task.score` needs.
    """

    metrics: dict[str, float]
    rows: pd.DataFrame


class Model(Protocol):
    """A fitted model with all that serving needs; made of files in native formats, no pickles."""

    @property
    def described(self) -> dict[str, Any]:
        """The candidate that was chosen, its parameters, thresholds, training window: flat, JSON-able."""
        ...

    @property
    def example(self) -> pd.DataFrame:
        """Up to three rows that `answer` takes."""
        ...

    def answer(self, rows: pd.DataFrame) -> pd.DataFrame:
        """What the model says of rows of features, one row each."""
        ...

    def save(self, folder: Path) -> None:
        """Write the model's files; the same model gives the same bytes."""
        ...


class Task(Protocol):
    """A task. `spec` is that of the task, from `ml.spec`; all methods are pure but `read`, `plots` and `load`."""

    def read(self, spec: Any, newest: bool = False) -> Data:
        """The spec's data; with `newest`, at least what a prediction for the newest rows needs.

        Raises ml.sources.Missing when a table or file is not there, MillwrightError for a column that is not.
        """
        ...

    def too_little(self, data: Data, spec: Any) -> str:
        """Why nothing can be learned, in one sentence; empty when something can."""
        ...

    def fit(self, data: Data, spec: Any) -> Model:
        """The best candidate, chosen on training and validation parts only."""
        ...

    def load(self, folder: Path) -> Model:
        """What `Model.save` wrote."""
        ...

    def evaluate(self, model: Any, data: Data, spec: Any) -> Judged:
        """A model on the test part: this run's, or the champion, which may have been made by an older spec."""
        ...

    def baseline(self, data: Data, spec: Any) -> tuple[str, Judged]:
        """The naive rule that does best on the test part."""
        ...

    def score(self, rows: pd.DataFrame, weight: Floats, spec: Any) -> float:
        """The spec's `promote.metric` of `Judged.rows`, each counted `weight` times; higher is better."""
        ...

    def plots(self, model: Any, data: Data, judged: Judged, folder: Path) -> None:
        """PNG files by matplotlib's Agg."""
        ...

    def predict(self, model: Any, data: Data, spec: Any) -> pd.DataFrame:
        """Rows for the task's table in schema `ml`, without model_name, model_version and data_watermark."""
        ...


def task(name: str) -> Task:
    """The task of a spec; its package is imported only now. Raises MillwrightError for one that there is not."""
    if name not in TASKS:
        raise MillwrightError(f"There is no task {name!r}.", f"There are {', '.join(TASKS)}.")
    found: Task = import_module(f"ml.{name}.task").TASK
    return found
