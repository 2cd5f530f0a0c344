"""One row at a time, by the model and the code that answer a batch: for services that hold a champion in memory."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from millwright.errors import MillwrightError
from ml.predictions.append import plain
from ml.predictions.champion import champion
from ml.task import Model


class One:
    """A model that answers single rows; `features` are the columns it takes, as in MLflow's signature."""

    def __init__(self, model: Model) -> None:
        self.model = model

    @cached_property
    def features(self) -> list[str]:
        """Names of the features, in the model's order."""
        return [str(name) for name in self.model.example.columns]

    def __call__(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What the model says of one row: what `Model.answer` says of it among many, to the last bit.

        A value that is not known is None or NaN. Raises MillwrightError naming a feature that is not given at all.
        """
        try:
            values = [row[name] for name in self.features]
        except KeyError as error:
            raise MillwrightError(
                f"The row has no {error.args[0]!r}.", f"The model takes {', '.join(self.features)}; null is allowed."
            ) from None
        said = self.model.answer(self._frame(values))
        return {str(name): plain(said[name].iloc[0]) for name in said}

    def _frame(self, values: list[Any]) -> pd.DataFrame:
        if self._numbers:
            # One block of floats: a frame made column by column costs more than the model.
            return pd.DataFrame(np.array([values], dtype=np.float64), columns=self._columns)
        frame = pd.DataFrame([values], columns=self._columns, dtype=object)
        return frame.astype(self._kinds)

    @cached_property
    def _columns(self) -> pd.Index[str]:
        return pd.Index(self.model.example.columns)

    @cached_property
    def _kinds(self) -> dict[str, Any]:
        kinds = self.model.example.dtypes
        # An integer or a truth value may be missing.
        return {str(n): np.float64 if pd.api.types.is_numeric_dtype(kind) else kind for n, kind in kinds.items()}

    @cached_property
    def _numbers(self) -> bool:
        return all(kind == np.float64 for kind in self._kinds.values())


def one(spec: str = "failure") -> One:
    """The champion of a spec, for single rows. Raises MillwrightError when it has none, Unavailable without MLflow."""
    found = champion(spec)
    if found is None:
        raise MillwrightError(f"The model of {spec!r} has no champion yet.", f"Run `millwright train {spec}`.")
    return One(found.model)
