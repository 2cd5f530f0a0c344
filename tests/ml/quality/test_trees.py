"""Forests as arrays say what scikit-learn's say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier

from ml.quality.trees import Trees


@pytest.mark.parametrize("kind", [RandomForestClassifier, ExtraTreesClassifier])
def test_a_forest_as_arrays_says_what_the_forest_says(kind):
    random = np.random.default_rng(0)
    rows = random.normal(size=(300, 5)).astype(np.float32)
    rows[random.random(rows.shape) < 0.1] = np.nan
    labels = (np.nan_to_num(rows[:, 0]) > 0).astype(int) + (np.nan_to_num(rows[:, 1]) > 1)
    forest = kind(n_estimators=20, random_state=0, min_samples_leaf=3).fit(rows, labels)
    trees = Trees.of(forest)
    assert np.allclose(trees.probability(rows), forest.predict_proba(rows), atol=1e-6)
    again = Trees.load(trees.arrays())
    assert np.array_equal(again.probability(rows), trees.probability(rows))


def test_a_file_whose_nodes_point_outside_is_refused():
    forest = RandomForestClassifier(n_estimators=2, random_state=0).fit([[0.0], [1.0], [2.0]], [0, 1, 1])
    arrays = Trees.of(forest).arrays()
    with pytest.raises(ValueError, match="left points outside"):
        Trees.load(arrays | {"left": arrays["left"] + 100})


def test_contributions_add_up_to_the_probability_of_a_defect():
    random = np.random.default_rng(0)
    rows = random.normal(size=(200, 4))
    labels = (rows[:, 0] > 0).astype(int) + (rows[:, 1] > 1)
    trees = Trees.of(RandomForestClassifier(n_estimators=10, random_state=0, max_depth=4).fit(rows, labels))
    added = trees.contributions(rows)
    root = (1 - trees.shares[trees.roots, 0]).mean()
    assert np.allclose(root + added.sum(axis=1), 1 - trees.probability(rows)[:, 0], atol=1e-6)
    assert np.abs(added).mean(axis=0).argmax() == 0
