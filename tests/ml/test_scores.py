"""Scores by row are those that everybody computes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from ml.scores import average_precision, by_row

ROWS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20).map(lambda n: n / 20), st.integers(0, 3)), min_size=1, max_size=80
)


def columns(rows):
    fails, probability, weight = (np.array(column) for column in zip(*rows, strict=True))
    return fails.astype(bool), probability.astype(float), weight.astype(float)


@given(rows=ROWS)
def test_scores_are_those_of_scikit_learn(rows):
    fails, probability, weight = columns(rows)
    assume(fails.any() and not fails.all() and weight[fails].any())
    found = by_row(fails, probability, 0.5)
    predicted = probability >= 0.5
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(fails, probability))
    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(fails, probability))
    assert found["f1"] == pytest.approx(metrics.f1_score(fails, predicted))
    assert found["recall"] == pytest.approx(metrics.recall_score(fails, predicted))
    weighted = metrics.average_precision_score(fails, probability, sample_weight=weight)
    assert average_precision(fails, probability, weight) == pytest.approx(weighted)
