"""Known anomalies put into normal rows."""

from __future__ import annotations

import numpy as np
import pytest

from ml.anomaly.shifts import LASTING, LENGTH, SIZES, shifted


def _runs(which):
    edges = np.flatnonzero(np.diff(np.r_[0, which.astype(int), 0]))
    return list(zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize("lasting", [False, True])
def test_about_every_second_row_is_off_in_one_channel_and_the_others_are_as_they_were(lasting):
    rows = np.zeros((6000, 3))
    out, which = shifted(rows, np.full(3, 2.0), 1, lasting)
    assert which.mean() == pytest.approx(0.5, abs=0.05)
    assert ((out != 0).sum(axis=1) == which).all()
    assert np.abs(out).max() <= 2 * SIZES[1]
    assert not rows.any()


def test_shifts_are_short_unless_lasting_ones_are_asked_for():
    rows = np.zeros((60_000, 1))
    assert {end - begin for begin, end in _runs(shifted(rows, np.ones(1), 1)[1])} == {LENGTH}
    out, which = shifted(rows, np.ones(1), 1, lasting=True)
    runs = _runs(which)
    assert {end - begin for begin, end in runs[:-1]} == {LENGTH, LASTING}
    long = [out[begin:end, 0] for begin, end in runs if end - begin == LASTING]
    builds_up = [run for run in long if abs(run[0]) < abs(run[-1]) / 100]
    assert 0.3 < len(builds_up) / len(long) < 0.7
    assert 0.2 < sum(end - begin for begin, end in runs if end - begin == LENGTH) / which.sum() < 0.5


def test_lasting_shifts_fit_into_few_rows():
    _, which = shifted(np.zeros((400, 1)), np.ones(1), 3, lasting=True)
    assert 0.3 < which.mean() < 0.7
    assert shifted(np.zeros((0, 2)), np.ones(2), 3, lasting=True)[1].shape == (0,)
