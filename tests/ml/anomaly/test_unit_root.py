"""Which channels come back to their mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.signal import lfilter

from ml.anomaly.unit_root import returns


def _noise(seed, rows=1500, channels=1):
    return np.random.default_rng(seed).normal(size=(rows, channels))


@pytest.mark.parametrize("keeps", [0.0, 0.9, 0.95])
def test_a_channel_that_slowly_comes_back_does_so_whatever_its_next_value_depends_on(keeps):
    assert returns(lfilter([1], [1, -keeps], _noise(0, 3000, 20), axis=0)).all()


@pytest.mark.parametrize("period", [24, 60, 150])
def test_a_cycle_comes_back(period):
    wave = np.sin(np.arange(1500) * 2 * np.pi / period)[:, None]
    assert returns(wave + 0.1 * _noise(1)).all()


def test_states_that_take_turns_come_back():
    state = np.repeat(np.random.default_rng(2).integers(0, 3, 75), 20)[:, None]
    assert returns(3.0 * state + 0.1 * _noise(3)).all()


@pytest.mark.parametrize("noise", [0.0, 3.0])
def test_of_channels_that_go_anywhere_few_are_taken_for_such(noise):
    walks = np.cumsum(_noise(4, channels=200), axis=0) + noise * _noise(5, channels=200)
    assert returns(walks).mean() < 0.1


def test_what_only_rises_does_not_come_back():
    assert not returns(np.linspace(0, 10, 1500)[:, None] + _noise(6)).any()


def test_it_counts_how_long_a_series_lasts_not_how_often_it_was_read():
    walk = np.cumsum(_noise(7, 500), axis=0)
    assert not returns(np.repeat(walk, 20, axis=0)).any()
    assert returns(np.repeat(lfilter([1], [1, -0.9], _noise(8, 1000), axis=0), 20, axis=0)).all()


def test_of_few_rows_and_of_a_channel_that_stands_still_nothing_is_sure():
    assert not returns(_noise(9, 30)).any()
    assert not returns(np.full((500, 1), 7.0)).any()
