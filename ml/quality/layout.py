"""From pieces to features: numbers as they are, names one column a value that the training part knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ml.scores import Floats


@dataclass(frozen=True)
class Layout:
    """Features in their order; the same builds those of training and of serving."""

    numbers: tuple[str, ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]  # name → its values

    @classmethod
    def learn(cls, frame: pd.DataFrame, numbers: list[str], names: list[str]) -> Layout:
        """From the training part's rows."""
        return cls(tuple(numbers), tuple((name, tuple(sorted(frame[name].dropna().unique()))) for name in names))

    @property
    def names(self) -> list[str]:
        """Of the features."""
        return [*self.numbers, *(f"{name} is {value}" for name, values in self.values for value in values)]

    def build(self, frame: pd.DataFrame) -> Floats:
        """Rows × features; a number that is not there is NaN, a value not known is none of the known ones."""
        numbers = frame.reindex(columns=list(self.numbers)).to_numpy(np.float64)
        parts = [np.where(np.isfinite(numbers), numbers, np.nan)]
        for name, values in self.values:
            column = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)
            codes = pd.Categorical(column, categories=list(values)).codes
            parts.append((codes[:, None] == np.arange(len(values))).astype(np.float64))
        return np.concatenate(parts, axis=1)

    def said(self, feature: int, row: pd.Series[Any]) -> tuple[str, Any]:
        """The piece's own column behind a feature, and its value there; null when missing."""
        if feature < len(self.numbers):
            name = self.numbers[feature]
            value = row.get(name)
            return name, None if value is None or pd.isna(value) else round(float(value), 6)
        at = feature - len(self.numbers)
        for name, values in self.values:
            if at < len(values):
                value = row.get(name)
                return name, None if value is None or pd.isna(value) else str(value)
            at -= len(values)
        raise IndexError(feature)

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return {"numbers": list(self.numbers), "values": [[name, list(values)] for name, values in self.values]}

    @classmethod
    def from_dict(cls, raw: dict[str, Any]) -> Layout:
        """What `as_dict` gave."""
        return cls(tuple(raw["numbers"]), tuple((name, tuple(values)) for name, values in raw["values"]))
