"""What a model tells of loaves that are sold by day and never by night, and of a balance that may be below 0."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.forecast.backtest import backtest
from ml.forecast.read import panel
from ml.forecast.task import TASK
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    random = np.random.default_rng(5)
    hours = pd.date_range("2026-03-01", periods=40 * 24, freq="h")
    loaves = random.poisson(np.where((hours.hour > 7) & (hours.hour < 15), 2, 0)).astype(float)
    path = tmp_path_factory.mktemp("bakery") / "sold.csv"
    pd.DataFrame({"at": hours, "loaves": loaves, "balance": loaves - 3}).to_csv(path, index=False)
    candidates = [{"name": "nlinear", "parameters": {"window": 48, "penalty": 0.1}}, {"name": "trend"}]
    spec = parse_spec(make_spec(path, entity=None, limits=[], candidates=candidates), "test")
    data = TASK.read(spec)
    return spec, data, TASK.fit(data, spec)


def told(trained, channel: str) -> np.ndarray:
    spec, data, model = trained
    rows = TASK.predict(model, data, spec)
    return rows.loc[rows["channel"] == channel, ["value", "lower", "lower_95"]].to_numpy()


def test_what_was_never_negative_is_not_told_negative(trained):
    loaves, balance = told(trained, "loaves"), told(trained, "balance")
    assert loaves.min() == 0
    assert balance.min() < -3
    np.testing.assert_allclose(np.maximum(balance + 3, 0), loaves, atol=0.2)


def test_candidates_are_compared_by_what_would_be_told(trained):
    spec, data, _ = trained
    loss = backtest(panel(data), spec, (24,)).loss[0]
    number = [name for _, name in panel(data).series].index("loaves")
    assert loss[number] < loss[1 - number]  # the same errors, but for those of fewer than no loaves


def test_a_model_of_before_there_was_a_least_value_tells_what_it_told(trained, tmp_path):
    _, data, model = trained
    model.save(tmp_path)
    with np.load(tmp_path / "arrays.npz") as held:
        arrays = {name: held[name] for name in held.files if name not in ("least", "bands.relative")}
    np.savez_compressed(tmp_path / "arrays.npz", **arrays)
    known = panel(data)
    assert TASK.load(tmp_path).forecast(known, np.array([700])).min() < 0


def test_what_grows_has_intervals_that_grow_and_hold(tmp_path):
    months = pd.date_range("1990-01-01", periods=240, freq="MS")
    random = np.random.default_rng(1)
    season = 1 + 0.2 * np.sin(2 * np.pi * np.arange(240) / 12)
    values = 100 * np.exp(0.01 * np.arange(240)) * season * np.exp(random.normal(0, 0.05, 240))
    pd.DataFrame({"at": months, "flown": values}).to_csv(tmp_path / "flown.csv", index=False)
    candidates = [{"name": "seasonal_naive"}]
    spec = parse_spec(
        make_spec(tmp_path / "flown.csv", entity=None, limits=[], horizon=12, every=1, candidates=candidates), "test"
    )
    data = TASK.read(spec)
    model = TASK.fit(data, spec)
    assert model.bands.relative.all()
    found = TASK.evaluate(model, data, spec).metrics
    assert found["coverage_80"] == pytest.approx(0.80, abs=0.08)
    assert found["coverage_95"] == pytest.approx(0.95, abs=0.05)
    rows = TASK.predict(model, data, spec)
    assert ((rows["upper"] - rows["lower"]) / rows["value"]).between(0.1, 1.0).all()
