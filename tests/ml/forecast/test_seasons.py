from __future__ import annotations

import pandas as pd
import pytest

from ml.forecast.seasons import usual_seasons


@pytest.mark.parametrize(
    ("step", "found"),
    [
        ("5min", (288, 2016)),
        ("15min", (96, 672)),
        ("30min", (48, 336)),
        ("1h", (24, 168)),
        ("7min", (206, 1440)),
        ("D", (7,)),
        ("7D", (52,)),
        ("W", (52,)),
        ("W-FRI", (52,)),
        ("MS", (12,)),
        ("QS", (4,)),
        ("B", (5,)),
    ],
)
def test_a_long_history_has_the_usual_seasons_of_its_step(step, found):
    periods = 20_000 if "min" in step else 1500 if step == "1h" else 400
    assert usual_seasons(pd.date_range("2024-01-01", periods=periods, freq=step)) == found


def test_a_week_of_hours_is_a_season_from_eight_weeks_on():
    assert usual_seasons(pd.date_range("2024-01-01", periods=8 * 168 - 1, freq="h")) == (24,)
    assert usual_seasons(pd.date_range("2024-01-01", periods=8 * 168, freq="h")) == (24, 168)


def test_what_a_history_does_not_hold_twice_is_no_season_of_it():
    assert usual_seasons(pd.date_range("2024-01-01", periods=47, freq="h")) == (1,)
    assert usual_seasons(pd.date_range("2024-01-01", periods=103, freq="7D")) == (1,)


def test_a_counter_and_a_season_of_too_many_steps_have_none():
    assert usual_seasons(pd.RangeIndex(1000)) == (1,)
    assert usual_seasons(pd.date_range("2024-01-01", periods=200_000, freq="s")) == (1,)
