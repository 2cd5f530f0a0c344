"""Boosters and forests take channels under the names that files give them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml import tree_models
from ml.failure import estimators as failure
from ml.rul import estimators as rul

ROWS = pd.DataFrame({"Temp [°C]": np.arange(60.0), "Load <kN>": np.tile([1.0, 2.0], 30)})
FEW = {"xgboost": {"rounds": 3, "min_child_weight": 0}, "random_forest": {"n_estimators": 3}}


@pytest.mark.parametrize("name", FEW)
def test_a_channels_name_may_hold_brackets(name, tmp_path):
    fitted = failure.fit(name, FEW[name], ROWS, (ROWS["Temp [°C]"] > 40).to_numpy(), 1)
    shares = tree_models.importance(fitted, list(ROWS))
    assert list(shares) == list(ROWS)
    assert shares["Temp [°C]"] > 0.9
    assert failure.contributions(fitted, ROWS).shape == (60, 3)
    tree_models.save(fitted, tmp_path)
    again = tree_models.load(tmp_path)
    assert (failure.probability(again, ROWS) == failure.probability(fitted, ROWS)).all()
    life = rul.fit(name, FEW[name], ROWS, ROWS["Temp [°C]"].to_numpy(), 1)
    assert rul.contributions(life, ROWS).shape == ROWS.shape
