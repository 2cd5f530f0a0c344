"""Factors add up to the prediction, and read as words."""

from __future__ import annotations

import numpy as np
import pytest

from ml.evaluate import prepare
from ml.explain.factors import label, top_factors
from ml.features import build
from ml.fit import Model, fit, load_model
from ml.layout import learn_layout
from ml.spec import Spec
from tests.ml.plant import plant


@pytest.fixture
def trained(spec: Spec):
    source = plant()
    data = prepare(source, spec)
    layout = learn_layout(source, spec, data.parts.train_until)
    table = build(source, layout)
    booster = fit(table[data.parts.train], data.fails[data.parts.train], layout, spec)
    return Model(booster, spec, layout, 0.25), table[data.parts.test], data.fails[data.parts.test]


def test_what_speaks_for_a_failure_comes_first(trained):
    model, rows, fails = trained
    factors = top_factors(model, rows[fails])
    assert {row[0]["feature"] for row in factors} <= {
        "errors_E1_24h",
        "vibration_max_24h",
        "vibration_mean_3h",
        "vibration_max_3h",
    }
    assert all(row[0]["contribution"] > 0 for row in factors)
    for row in factors:
        contributions = [factor["contribution"] for factor in row]
        assert contributions == sorted(contributions, reverse=True)
        assert len(row) == 5


def test_contributions_add_up_to_the_log_odds(trained):
    model, rows, _ = trained
    total = model.contributions(rows).sum(axis=1)
    np.testing.assert_allclose(1 / (1 + np.exp(-total)), model.probability(rows), rtol=1e-4)


def test_a_saved_model_is_whole(trained, tmp_path):
    model, rows, _ = trained
    model.save(tmp_path / "model.json")
    again = load_model(tmp_path / "model.json")
    assert (again.spec, again.layout, again.threshold) == (model.spec, model.layout, model.threshold)
    assert (again.probability(rows) == model.probability(rows)).all()


@pytest.mark.parametrize(
    ("feature", "words"),
    [
        ("vibration_mean_24h", "vibration, mean of 24 h (mm/s)"),
        ("temperature_trend", "temperature, change of its mean lately (°C)"),
        ("errors_E1_24h", "reports of E1 in 24 h"),
        ("hours_since_maintenance_bearing", "since maintenance of bearing (h)"),
        ("model_is_model3", "model is model3"),
        ("age_years", "age (years)"),
    ],
)
def test_a_feature_has_a_name_for_people(feature: str, words: str):
    assert label(feature) == words
