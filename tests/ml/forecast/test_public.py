"""Public series under their published protocols."""

from __future__ import annotations

import pytest

from ml.forecast.task import TASK
from ml.spec.load import parse_spec
from tests.public_data import data_folder


def ett(horizon: int) -> dict[str, object]:
    return {
        "name": "ett",
        "task": "forecast",
        "source": str(data_folder("ett") / "ETTh1.csv"),
        "time": "date",
        "horizon": horizon,
        "standardise": True,
        "split": {"by": "rows", "train": 8640, "validation": 2880, "test": 2880},
        "candidates": [
            {"name": "nlinear", "parameters": {"window": 336}, "search": {"penalty": [0.1, 1.0]}},
            {"name": "seasonal_naive"},
            {"name": "mean"},
        ],
        "promote": {"metric": "mse"},
    }


@pytest.mark.parametrize(("horizon", "every", "most"), [(96, 1, 0.375), (720, 6, 0.440)])
def test_transformer_temperatures_are_foretold_better_than_published(horizon, every, most):
    spec = parse_spec({**ett(horizon), "every": every}, "test")
    data = TASK.read(spec)
    found = TASK.evaluate(TASK.fit(data, spec), data, spec).metrics
    assert found["mse"] <= most
    assert found["coverage_80"] == pytest.approx(0.80, abs=0.03)
    assert found["coverage_95"] == pytest.approx(0.95, abs=0.03)


def test_a_straight_line_through_a_robots_currents_is_worse_than_the_mean_and_says_so():
    spec = parse_spec(
        {
            "name": "robot",
            "task": "forecast",
            "source": str(data_folder("robot") / "RMBR4-2_export_test.csv"),
            "time": "Time",
            "channels": [f"Axis #{axis}" for axis in range(1, 9)],
            "step": "5s",
            "horizon": 4000,
            "candidates": [{"name": "trend"}, {"name": "mean"}],
            "backtests": 2,
        },
        "test",
    )
    data = TASK.read(spec)
    model = TASK.fit(data, spec)
    assert "the straight trend does not beat the mean" in model.described["note_trend"]
