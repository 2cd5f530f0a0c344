"""The detectors by themselves, on standardised rows."""

from __future__ import annotations

import numpy as np
import pytest

from ml.anomaly.detectors import KINDS, fit

_PARAMETERS = {"isolation_forest": {"trees": 30}}


@pytest.fixture(scope="module")
def normal() -> np.ndarray:
    """Three channels, of which the first two go together."""
    random = np.random.default_rng(0)
    first = random.normal(size=600)
    return np.column_stack([first, first + 0.1 * random.normal(size=600), random.normal(size=600)])


@pytest.fixture(scope="module", params=sorted(KINDS))
def fitted(request, normal):
    return request.param, fit(request.param, _PARAMETERS.get(request.param, {}), normal, 1)


def test_a_row_far_out_is_stranger_than_nearly_all_normal_ones(fitted, normal):
    _, detector = fitted
    far = detector.strangeness(np.array([[-6.0, -6.0, 8.0]]))[0]
    assert far > np.quantile(detector.strangeness(normal), 0.98)


def test_the_channel_that_is_off_surprises_most(fitted):
    _, detector = fitted
    assert detector.surprise(np.array([[0.0, 0.0, 8.0]]))[0].argmax() == 2


def test_of_no_rows_nothing_is_said(fitted):
    """A machine none of whose newest rows is an anomaly has nothing to be explained."""
    _, detector = fitted
    none = np.empty((0, 3))
    assert detector.strangeness(none).shape == (0,)
    assert detector.surprise(none).shape == detector.expected(none).shape == (0, 3)


def test_a_broken_correlation_is_seen_by_those_that_know_it(normal):
    parted = np.array([[1.5, -1.5, 0.0]])  # each channel by itself is usual
    for kind, sees in (("robust_z", False), ("t2_q", True), ("mset", True)):
        detector = fit(kind, {}, normal, 1)
        assert (detector.strangeness(parted)[0] > detector.strangeness(normal).max()) == sees, kind


def test_a_detector_says_the_same_after_it_was_stored(fitted, normal):
    kind, detector = fitted
    again = KINDS[kind].load(detector.arrays())
    assert np.array_equal(again.strangeness(normal), detector.strangeness(normal))


def test_one_seed_gives_the_same_detector_to_the_byte(fitted, normal):
    kind, detector = fitted
    twin = fit(kind, _PARAMETERS.get(kind, {}), normal, 1)
    for name, value in detector.arrays().items():
        assert value.tobytes() == twin.arrays()[name].tobytes(), name


def test_mset_estimates_a_channel_from_the_others(normal):
    expected = fit("mset", {}, normal, 1).expected(np.array([[1.2, 0.0, 0.0]]))[0]
    assert 0.2 < expected[1] < 1.2


def test_a_forests_strangeness_is_scikit_learns_to_the_bit(normal):
    forest = fit("isolation_forest", {"trees": 30}, normal, 1)
    rows = np.vstack([normal, 4 * normal, np.full((1, 3), np.nan)])
    assert np.array_equal(forest.strangeness(rows), -forest.trees.score_samples(rows))
    again = KINDS["isolation_forest"].load(forest.arrays())
    assert np.array_equal(again.strangeness(rows), forest.strangeness(rows))


def test_a_forest_of_one_row_says_what_scikit_learn_says(normal):
    forest = fit("isolation_forest", {"trees": 30}, normal[:1], 1)
    assert np.array_equal(forest.strangeness(normal), -forest.trees.score_samples(normal))
