from __future__ import annotations

import numpy as np
import pytest

from ml.forecast.intervals import bands, grows

RANDOM = np.random.default_rng(2)
LEVEL = np.linspace(100, 600, 120)
WAVE = np.sin(2 * np.pi * np.arange(120) / 12)
GROWING, STEADY = LEVEL * (1 + 0.2 * WAVE), LEVEL + 40 * WAVE


def test_a_series_whose_seasons_grow_with_its_level_is_told_from_one_that_rises():
    missing = np.where(np.arange(120) == 60, np.nan, GROWING)
    past = np.column_stack([GROWING, STEADY, GROWING - 200, missing, np.full(120, 5.0)])
    assert grows(past, 12).tolist() == [True, False, False, False, False]


def test_three_seasons_and_no_season_tell_nothing():
    assert not grows(GROWING[:47, None], 12).any()
    assert not grows(GROWING[:, None], 1).any()


def test_ends_are_shares_of_the_forecast_where_a_series_is_relative():
    share = RANDOM.normal(0, 0.05, (400, 3, 2))
    told = np.full((1, 3, 2), [1000.0, 1000.0])
    found = bands(share, ["a", "b"], 1200, np.column_stack([GROWING, STEADY]), np.array([True, False]))
    reach = (found.upper * found.unit(told[0]))[0]
    assert reach[:, 0] == pytest.approx(64, rel=0.2)
    assert reach[:, 1] == pytest.approx(0.064, rel=0.2)


def test_errors_of_a_step_that_was_never_judged_are_borrowed_in_the_series_own_unit():
    errors = RANDOM.normal(0, 0.05, (400, 3, 1))
    errors[:, 2] = np.nan
    found = bands(errors, ["a"], 1200, GROWING[:, None], np.array([True]))
    assert found.upper[0, 2, 0] == pytest.approx(found.upper[0, 1, 0], rel=0.25)
