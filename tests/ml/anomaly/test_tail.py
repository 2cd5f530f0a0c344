"""From strangeness to rarity."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.anomaly.tail import Tail

_SAMPLES = st.lists(st.floats(0, 1e6), min_size=1, max_size=300).map(np.array)


@given(_SAMPLES, st.lists(st.floats(-10, 1e9), min_size=2, max_size=20).map(np.array))
def test_what_is_stranger_is_not_more_frequent(sample, asked):
    tail = Tail.fit(sample)
    rarity = tail.rarity(np.sort(asked))
    assert ((rarity > 0) & (rarity <= 1)).all()
    # The Pareto tail takes over at the 90th percentile, where the sample's own steps may lie beside it.
    assert (np.diff(rarity) <= 0.02 + 1e-9).all()


@pytest.mark.parametrize("asked", [0.2, 0.1, 0.05, 0.01])
def test_as_many_new_normal_rows_are_called_strange_as_was_asked(asked):
    random = np.random.default_rng(1)
    tail = Tail.fit(random.gamma(2, 1, 2000))
    found = (tail.rarity(random.gamma(2, 1, 50_000)) <= asked).mean()
    assert found == pytest.approx(asked, rel=0.25)


def test_beyond_the_sample_strangeness_still_tells_apart():
    tail = Tail.fit(np.random.default_rng(1).exponential(1, 1000))
    one, other = tail.rarity(np.array([20.0, 25.0]))
    assert other < one < 1e-4


def test_a_missing_strangeness_stays_missing():
    assert np.isnan(Tail.fit(np.arange(50.0)).rarity(np.array([np.nan]))[0])


def test_a_tail_is_the_same_after_json():
    tail = Tail.fit(np.random.default_rng(1).exponential(1, 1000))
    again = Tail.from_dict(json.loads(json.dumps(tail.as_dict())))
    asked = np.linspace(0, 30, 100)
    assert np.array_equal(tail.rarity(asked), again.rarity(asked))
