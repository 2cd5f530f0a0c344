"""Which pieces train, on which choices are made, and which test."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from millwright.errors import MillwrightError
from ml.quality.data import CLASS, MACHINE, PART, TIME
from ml.sources.times import is_counter, moment_of
from ml.spec.quality import QualitySpec
from ml.spec.span import hours
from ml.spec.split import ColumnSplit, EntitySplit, FoldSplit, TimeSplit

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Round:
    """Positions of rows: a model learns from `train`, having chosen on pairs within it, and is asked of `test`."""

    train: Rows
    choices: tuple[tuple[Rows, Rows], ...]  # learned from, chosen on
    test: Rows


def rounds(frame: pd.DataFrame, spec: QualitySpec) -> list[Round]:
    """One round, or one a fold; only rows whose class is known are in any. Raises MillwrightError for a bad split."""
    known = np.flatnonzero(frame[CLASS].notna())
    split = spec.split
    if isinstance(split, FoldSplit):
        outer = _folds(frame, known, split.folds, split, spec.seed)
        return [_round(frame, np.setdiff1d(known, test), test, spec) for test in outer]
    if isinstance(split, TimeSplit):
        return [_by_time(frame, known, split, spec)]
    if isinstance(split, EntitySplit):
        return [_by_entity(frame, known, split, spec)]
    return [_by_column(frame, known, split, spec)]


def whole(frame: pd.DataFrame, spec: QualitySpec) -> Round:
    """All known rows train: the model that serves after k folds have told how good it is."""
    return _round(frame, np.flatnonzero(frame[CLASS].notna()), np.array([], dtype=np.int64), spec)


def _round(frame: pd.DataFrame, train: Rows, test: Rows, spec: QualitySpec) -> Round:
    """Choices by folds of the training part itself."""
    split = spec.split if isinstance(spec.split, FoldSplit) else FoldSplit(by="folds")
    groups = frame[PART].iloc[train].nunique() if split.group else len(train)
    if groups < 2:
        split = split.model_copy(update={"group": None})
    inner = _folds(frame, train, min(split.inner_folds, max(groups, 2)), split, spec.seed + 1)
    return Round(train, tuple((np.setdiff1d(train, later), later) for later in inner), test)


def _folds(frame: pd.DataFrame, rows: Rows, count: int, split: FoldSplit, seed: int) -> list[Rows]:
    from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

    classes = frame[CLASS].to_numpy()[rows].astype(str)
    groups = frame[PART].astype(str).to_numpy()[rows] if split.group else None
    most = len(np.unique(groups)) if groups is not None else len(rows)
    if most < count:
        what = f"different values of {split.group!r}" if groups is not None else "rows with a class"
        raise MillwrightError(f"split.folds = {count}: there are only {most} {what}.", "Ask for fewer folds.")
    # A class of fewer pieces than folds cannot be in every fold; then chance places its pieces.
    stratified = split.stratified and np.unique(classes, return_counts=True)[1].max() >= count
    options: dict[str, Any] = {"n_splits": count, "shuffle": True, "random_state": seed}
    if groups is not None:
        folds = StratifiedGroupKFold(**options) if stratified else GroupKFold(**options)
    else:
        folds = StratifiedKFold(**options) if stratified else KFold(**options)
    import warnings

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The least populated class")
        return [rows[later] for _, later in folds.split(rows, classes, groups)]


def _by_time(frame: pd.DataFrame, known: Rows, split: TimeSplit, spec: QualitySpec) -> Round:
    moments = frame[TIME].iloc[known]
    begin, end = moments.min(), moments.max()
    until = begin + (end - begin) * split.train_share
    if split.train_until is not None:
        until = moment_of(split.train_until, moments, "split.train_until")
    gap: Any = hours(split.gap) if is_counter(moments) else pd.Timedelta(hours=hours(split.gap))
    later = moments >= until + gap
    if split.test_until is not None:
        later &= moments < moment_of(split.test_until, moments, "split.test_until")
    train = known[(moments < until).to_numpy()]
    order = train[np.argsort(frame[TIME].to_numpy()[train], kind="stable")]
    cut = int(len(order) * (1 - split.validation_share))
    pair = (np.sort(order[:cut]), np.sort(order[cut:]))
    return Round(train, (pair,), known[later.to_numpy()])


def _by_entity(frame: pd.DataFrame, known: Rows, split: EntitySplit, spec: QualitySpec) -> Round:
    machine = frame[MACHINE].to_numpy()[known]
    drawn = np.random.default_rng(spec.seed).permutation(np.unique(machine.astype(str)))
    count = max(round(len(drawn) * split.test_share), 1)
    test = {str(one) for one in split.test} if split.test else set(drawn[:count])
    others = [one for one in drawn if one not in test]
    chosen_on = set(others[: max(round(len(others) * split.validation_share), 1)])
    train = known[~np.isin(machine, list(test))]
    chosen = known[np.isin(machine, list(chosen_on))]
    return Round(train, ((np.setdiff1d(train, chosen), chosen),), known[np.isin(machine, list(test))])


def _by_column(frame: pd.DataFrame, known: Rows, split: ColumnSplit, spec: QualitySpec) -> Round:
    part = frame[PART].astype(str).to_numpy()[known]
    train, chosen, test = (known[np.isin(part, [str(value) for value in values])] for values in
                           (split.train, split.validation, split.test))  # fmt: skip
    if len(chosen):
        return Round(np.union1d(train, chosen), ((train, chosen),), test)
    return _round(frame, train, test, spec) if len(train) > 20 else Round(train, ((train, train),), test)
