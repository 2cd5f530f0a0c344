from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ml.forecast.backtest import backtest
from ml.forecast.grid import Panel
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec

HOURS = pd.date_range("2026-03-01", periods=480, freq="h", tz="UTC")
WAVE = 10 + np.sin(2 * np.pi * np.arange(480) / 24) + np.random.default_rng(0).normal(0, 0.3, 480)


def of(values: dict[str, np.ndarray]) -> Panel:
    return Panel(np.column_stack(list(values.values())), HOURS, tuple(("all", name) for name in values))


@pytest.mark.parametrize("still", [0.0, 37.3])
def test_a_channel_that_stands_still_does_not_choose_for_the_others(still):
    spec = parse_spec(make_spec("x.csv", entity=None), "test")
    alone = backtest(of({"a": WAVE}), spec, (24,))
    both = backtest(of({"a": WAVE, "still": np.full(480, still)}), spec, (24,))
    assert both.ways[both.chosen[0]].name == alone.ways[alone.chosen[0]].name == "nlinear"
