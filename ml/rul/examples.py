"""Rows with what is known of the life that was left: those that train, and those that test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.data import Data
from ml.rul.read import ENTITY, LABEL, PART, TIME
from ml.spec.rul import RulSpec
from ml.spec.split import ColumnSplit

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Units:
    """Names of the units of each part; none is in two."""

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def known(self) -> tuple[str, ...]:
        """All that may be learned from."""
        return self.train + self.validation


def left(readings: pd.DataFrame, cap: float | None) -> Floats:
    """The remaining life of each row: the label's, else until the unit's last row; no more than the cap."""
    if LABEL in readings:
        life = readings[LABEL].to_numpy(np.float64)
    else:
        life = (readings.groupby(ENTITY, sort=False)[TIME].transform("last") - readings[TIME]).to_numpy(np.float64)
    return capped(life, cap)


def capped(life: Floats, cap: float | None) -> Floats:
    """No more than the cap, where there is one."""
    return life if cap is None else np.minimum(life, cap)


def units(data: Data, spec: RulSpec) -> Units:
    """The units by part; drawn by the seed, from the names in their order, so that it hangs on nothing else."""
    readings = data.frames["readings"]
    names = np.asarray(pd.unique(readings[ENTITY]), dtype=object)
    random = np.random.default_rng(spec.seed)
    if isinstance(spec.split, ColumnSplit):
        of = readings.groupby(ENTITY, sort=False)[PART].first()
        asked = {part: {str(v) for v in getattr(spec.split, part)} for part in ("train", "validation", "test")}
        parts = {part: tuple(of.index[of.isin(values)]) for part, values in asked.items()}
        train, validation, test = parts["train"], parts["validation"], parts["test"]
        share = 0.2
    else:
        share = spec.split.validation_share
        asked_test = {str(value) for value in spec.split.test}
        if "stopped" in data.frames:
            test = ()
        elif asked_test:
            test = tuple(name for name in names if name in asked_test)
        else:
            test = _drawn(names, spec.split.test_share, random)
        train, validation = tuple(name for name in names if name not in test), ()
    if not validation:
        validation = _drawn(np.array(train, dtype=object), share, random)
        train = tuple(name for name in train if name not in validation)
    return Units(train, validation, test)


def of(readings: pd.DataFrame, names: tuple[str, ...]) -> Mask:
    """Which rows are of these units."""
    return np.asarray(readings[ENTITY].isin(names), dtype=bool)


def judged_rows(data: Data, spec: RulSpec) -> tuple[pd.DataFrame, Mask, Floats]:
    """Readings, which of their rows are judged, and the life left at each row, not capped.

    Of stopped units the last row, where the truth is known; else, and of units that ran to failure, every row.
    """
    if "stopped" not in data.frames:
        readings = data.frames["readings"]
        return readings, of(readings, units(data, spec).test), left(readings, None)
    readings = data.frames["stopped"]
    if "truth" not in data.frames:
        return readings, np.ones(len(readings), dtype=bool), left(readings, None)
    last = ~readings[ENTITY].duplicated(keep="last").to_numpy()
    truth = data.frames["truth"].drop_duplicates(ENTITY).set_index(ENTITY)["left"]
    return readings, last, readings[ENTITY].map(truth).to_numpy(np.float64)


def _drawn(names: npt.NDArray[np.object_], share: float, random: np.random.Generator) -> tuple[str, ...]:
    """At least one, and not all."""
    count = min(max(1, round(len(names) * share)), max(len(names) - 1, 0))
    chosen = set(random.permutation(len(names))[:count].tolist())
    return tuple(str(name) for number, name in enumerate(names) if number in chosen)
