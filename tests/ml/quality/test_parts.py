"""Which pieces train and which test."""

from __future__ import annotations

import numpy as np
import pytest

from millwright.errors import MillwrightError
from ml.quality.data import CLASS, MACHINE, PART, TIME, read
from ml.quality.parts import rounds, whole
from tests.ml.quality.pieces import spec_of, table


def _check(found, known):
    """No row both teaches and tests, nor both teaches a trial and judges it."""
    for one in found:
        assert not set(one.train) & set(one.test)
        for learned, later in one.choices:
            assert not set(learned) & set(later)
            assert set(learned) | set(later) <= set(one.train)
        assert set(one.train) | set(one.test) <= set(known)


@pytest.mark.parametrize(
    "split",
    [
        {"by": "time"},
        {"by": "entity"},
        {"by": "entity", "test": ["L2"]},
        {"by": "folds", "folds": 5, "inner_folds": 2},
        {"by": "folds", "folds": 4, "inner_folds": 3, "group": "product", "stratified": False},
        {"by": "column", "column": "part", "train": ["a"], "test": ["c"]},
        {"by": "column", "column": "part", "train": ["a"], "validation": ["b"], "test": ["c"]},
    ],
)
def test_no_row_is_in_two_parts_and_none_without_a_class_in_any(tmp_path, split):
    frame = table(120)
    frame["product"] = np.resize(["A", "B", "C", "D"], 120)
    frame["part"] = np.resize(["a", "b", "c"], 120)
    frame.loc[5:9, "verdict"] = None
    spec = spec_of(tmp_path, frame, split=split)
    pieces = read(spec).frames["pieces"]
    known = np.flatnonzero(pieces[CLASS].notna())
    found = rounds(pieces, spec)
    _check(found, known)
    _check([whole(pieces, spec)], known)
    assert len(known) == 115
    if split["by"] == "folds":
        assert sorted(np.concatenate([one.test for one in found])) == sorted(known)
    if "group" in split:
        for one in found:
            assert not set(pieces[PART].iloc[one.train]) & set(pieces[PART].iloc[one.test])
    if split["by"] == "entity":
        for one in found:
            assert not set(pieces[MACHINE].iloc[one.train]) & set(pieces[MACHINE].iloc[one.test])


def test_by_time_what_tests_comes_after_what_trains_and_a_gap(tmp_path):
    spec = spec_of(tmp_path, split={"by": "time", "gap": "24h"})
    pieces = read(spec).frames["pieces"]
    (one,) = rounds(pieces, spec)
    gap = pieces[TIME].iloc[one.test].min() - pieces[TIME].iloc[one.train].max()
    assert gap.total_seconds() >= 24 * 3600
    ((learned, later),) = one.choices
    assert pieces[TIME].iloc[learned].max() <= pieces[TIME].iloc[later].min()


def test_more_folds_than_groups_are_refused(tmp_path):
    spec = spec_of(tmp_path, split={"by": "folds", "folds": 5, "group": "product"})
    with pytest.raises(MillwrightError, match=r"split.folds = 5: there are only 2 different values of 'product'"):
        rounds(read(spec).frames["pieces"], spec)
