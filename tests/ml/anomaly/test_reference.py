"""Where channels usually are, and how that drifts."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from ml.anomaly.reference import Reference, choose_rates
from tests.ml.anomaly.machines import machine


def _reference(rows, adapt=True, average=5):
    rates = choose_rates([rows]) if adapt else np.zeros(rows.shape[1])
    return Reference.fit(rows, rates, average, rows.std(axis=0))


def test_only_the_channel_that_wanders_in_normal_operation_is_followed():
    rates = choose_rates([machine(seed) for seed in range(3)])
    assert rates[2] == 0  # pressure holds its level
    assert rates[3] > 0  # oil does not


def test_a_channel_that_comes_back_is_not_followed_however_well_its_level_foretells():
    slow = lfilter([1], [1, -0.95], np.random.default_rng(5).normal(size=(3000, 1)), axis=0)
    assert choose_rates([slow]) == 0
    assert choose_rates([np.cumsum(slow, axis=0)]) > 0


def test_the_future_changes_nothing_in_the_past():
    rows = machine(1)
    reference = _reference(rows[:500])
    shuffled = rows.copy()
    shuffled[600:] = np.random.default_rng(0).permutation(shuffled[600:])
    for before, after in zip(reference.see(rows), reference.see(shuffled), strict=True):
        assert np.array_equal(before[:600], after[:600])


def test_a_fault_is_not_learned_as_the_new_normal():
    rows = machine(1)
    reference = _reference(rows[:500])
    rows[500:, 3] += 100 * reference.scale[3]
    assert reference.see(rows)[1][505:530, 3].min() > 20


def test_drift_of_a_channel_that_wanders_is_no_deviation():
    rows = machine(2, 3000)
    drifted = np.abs(_reference(rows[:500]).see(rows)[1][500:, 3])
    fixed = np.abs(_reference(rows[:500], adapt=False).see(rows)[1][500:, 3])
    assert np.median(drifted) < 2 < np.median(fixed)


def test_a_missing_value_is_no_deviation_and_a_dead_channel_breaks_nothing():
    rows = machine(3)
    rows[100:200, 0] = np.nan
    rows[:, 1] = np.nan
    rows[:, 2] = 7.0
    levels, deviations = _reference(rows).see(rows)
    assert np.isfinite(deviations).all()
    assert np.isfinite(levels).all()


def test_a_reference_says_the_same_after_it_was_stored():
    rows = machine(4)
    reference = _reference(rows)
    again = Reference.load(reference.arrays())
    assert np.array_equal(again.see(rows)[1], reference.see(rows)[1])
    assert np.array_equal(again.value(*again.see(rows)), reference.value(*reference.see(rows)))
