"""A hall's 30 days of hours: 576 steps lie before the test part, and the first backtest learns from 230."""

from __future__ import annotations

import logging

import pytest

from ml.forecast.task import TASK
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec, readings


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("hall") / "hall.csv"
    readings(1).to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"horizon": 1000}, "horizon = 1000: only 576 steps"),
        ({"seasons": [9000]}, "seasons = 9000: only 576 steps"),
        ({"candidates": [{"name": "seasonal_naive", "parameters": {"season": 600}}]}, "season = 600: only 576 steps"),
        (
            {"candidates": [{"name": "nlinear", "parameters": {"window": 5000}}]},
            "No candidate can be tried: nlinear: a window of 5000 and the horizon of 24 are longer than the 230 steps",
        ),
    ],
)
def test_what_no_history_of_this_length_can_teach_is_refused(path, changes, said):
    spec = parse_spec(make_spec(path, **changes), "test")
    assert TASK.too_little(TASK.read(spec), spec).startswith(said)


def test_what_is_not_tried_or_not_judged_is_said(path, caplog):
    spec = parse_spec(make_spec(path, horizon=200, seasons=[24, 9000], channels=["load"]), "test")
    data = TASK.read(spec)
    assert TASK.too_little(data, spec) == ""
    with caplog.at_level(logging.WARNING):
        said = TASK.fit(data, spec).described
    assert "the horizon of 200 are longer than the 230 steps" in said["note_nlinear"]
    assert "9000 of only 576 steps" in said["note_seasons"]
    assert "the test part holds 144 and a backtest holds 86" in said["note_horizon"]
    assert len(caplog.records) == 3


def test_a_history_that_holds_what_is_asked_needs_no_word(path, caplog):
    spec = parse_spec(make_spec(path, channels=["load"]), "test")
    TASK.fit(TASK.read(spec), spec)
    assert not caplog.records
