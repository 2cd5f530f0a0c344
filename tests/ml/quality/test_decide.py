"""Calibration, and decisions by cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.quality.decide import decide, heated, log_loss, temperature

_PROBABILITIES = arrays(np.float64, (7, 3), elements=st.floats(0.001, 1)).map(
    lambda p: p / p.sum(axis=1, keepdims=True)
)


@given(_PROBABILITIES, arrays(np.float64, 3, elements=st.floats(0, 100)))
def test_no_other_class_has_a_smaller_expected_cost(probability, costs):
    told = decide(probability, costs)
    expected = (probability * costs).sum(axis=1, keepdims=True) - probability * costs
    assert np.allclose(expected[np.arange(7), told], expected.min(axis=1))


def test_a_costly_class_is_told_earlier():
    probability = np.array([[0.7, 0.3]])
    assert decide(probability, np.array([1.0, 1.0]))[0] == 0
    assert decide(probability, np.array([1.0, 5.0]))[0] == 1


@given(_PROBABILITIES, st.floats(0.25, 4))
def test_heat_changes_how_sure_it_is_and_not_which_is_likeliest(probability, heat):
    warmed = heated(probability, heat)
    assert np.allclose(warmed.sum(axis=1), 1)
    assert np.allclose(probability[np.arange(7), warmed.argmax(axis=1)], probability.max(axis=1))


def test_probabilities_that_are_too_sure_are_cooled_to_what_comes_true():
    random = np.random.default_rng(0)
    true = random.dirichlet((1, 1, 1), 4000)
    labels = np.array([random.choice(3, p=one) for one in true])
    sure = heated(true, 0.5)
    found = temperature(labels, sure)
    assert found == pytest.approx(2.0, rel=0.1)
    assert log_loss(labels, heated(sure, found)) < log_loss(labels, sure)
