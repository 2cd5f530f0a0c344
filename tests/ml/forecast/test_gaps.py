from __future__ import annotations

import logging

import pytest

from ml.data import Data
from ml.forecast.task import TASK
from ml.spec.load import parse_spec
from tests.ml.forecast.hall import make_spec, readings


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    path = tmp_path_factory.mktemp("hall") / "hall.csv"
    readings(2).to_csv(path, index=False)
    candidates = [{"name": "nlinear", "parameters": {"window": 48}}, {"name": "seasonal_naive"}]
    spec = parse_spec(make_spec(path, candidates=candidates), "test")
    data = TASK.read(spec)
    return spec, data, TASK.fit(data, spec)


def test_ten_steps_are_too_few_for_a_window_of_48_and_it_says_so(trained, caplog):
    spec, data, model = trained
    newest = data.frames["readings"].groupby("entity").tail(10)
    rows = TASK.predict(model, Data({"readings": newest}, data.watermark, data.about), spec)
    assert rows["value"].notna().all()
    assert "4 of 4 series (m0 temperature, m0 load, m1 temperature, …) are foretold from less" in caplog.text
    assert "in place of 48" in caplog.text


def test_a_channel_that_was_not_read_is_not_foretold_and_it_says_so(trained, caplog):
    spec, data, model = trained
    silent = data.frames["readings"].copy()
    silent.loc[silent["entity"] == "m1", "load"] = float("nan")
    rows = TASK.predict(model, Data({"readings": silent}, data.watermark, data.about), spec)
    assert len(rows) == 3 * 24
    assert "1 of 4 series (m1 load) are not foretold: nothing was read in the last" in caplog.text


def test_of_what_is_read_as_it_was_nothing_is_said(trained, caplog):
    spec, data, model = trained
    with caplog.at_level(logging.WARNING):
        TASK.predict(model, data, spec)
    assert not caplog.records
