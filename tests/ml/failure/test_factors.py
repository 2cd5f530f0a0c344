"""Factors add up to the prediction, and read as words."""

from __future__ import annotations

import numpy as np
import pytest

from ml.failure.choose import choose
from ml.failure.examples import prepare
from ml.failure.factors import label, top_factors
from ml.failure.features import build
from ml.failure.model import load
from ml.spec.load import parse_spec
from tests.ml.conftest import make_spec
from tests.ml.plant import plant

FOREST = [{"name": "random_forest", "parameters": {"n_estimators": 20}}]


@pytest.fixture(scope="module", params=["xgboost", "random_forest"])
def trained(request):
    changes = {} if request.param == "xgboost" else {"candidates": FOREST}
    spec = parse_spec(make_spec(**changes), "test")
    data = prepare(plant(), spec)
    model = choose(data, spec)
    assert model.described["candidate"] == request.param
    table = build(data.history, model.layout, spec)
    return model, table[data.parts.test], data.fails[data.parts.test]


def test_what_speaks_for_a_failure_comes_first(trained):
    model, rows, fails = trained
    factors = top_factors(model, rows[fails])
    assert {row[0]["feature"].split("_")[0] for row in factors} <= {"errors", "vibration"}
    assert all(row[0]["contribution"] > 0 for row in factors)
    for row in factors:
        contributions = [factor["contribution"] for factor in row]
        assert contributions == sorted(contributions, reverse=True)
        assert len(row) == 5


def test_contributions_add_up_to_what_is_said_before_calibration(trained):
    model, rows, _ = trained
    total = model.contributions(rows).sum(axis=1)
    if model.described["candidate"] == "xgboost":
        total = 1 / (1 + np.exp(-total))
    np.testing.assert_allclose(model.calibration(total), model.probability(rows), rtol=1e-3, atol=1e-9)


def test_a_saved_model_is_whole(trained, tmp_path):
    model, rows, _ = trained
    model.save(tmp_path)
    again = load(tmp_path)
    assert (again.spec, again.layout, again.threshold) == (model.spec, model.layout, model.threshold)
    assert (again.probability(rows) == model.probability(rows)).all()
    assert (again.answer(again.example)["probability"] == model.probability(model.example)).all()
    assert {path.suffix for path in tmp_path.iterdir()} <= {".json", ".skops", ".parquet"}  # no pickles


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
