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


def test_machines_that_are_unlike_have_weights_of_their_own_and_like_ones_share():
    hours = np.arange(480)
    unlike = {f"m{n}": 10 + np.sin(2 * np.pi * hours / period) for n, period in enumerate((24, 37, 53))}
    noise = {name: np.random.default_rng(seed).normal(0, 0.5, 480) for seed, name in enumerate(unlike)}
    spec = parse_spec(make_spec("x.csv", candidates=[{"name": "nlinear", "parameters": {"window": 96}}]), "test")
    shared = {}
    for kind, values in (("unlike", unlike), ("like", {name: unlike["m0"] + noise[name] for name in unlike})):
        columns = Panel(np.column_stack(list(values.values())), HOURS, tuple((name, "load") for name in values))
        found = backtest(columns, spec, (24,))
        shared[kind] = {found.ways[number].settings["share"] for number in found.chosen}
    assert shared == {"unlike": {"none"}, "like": {"channel"}}
