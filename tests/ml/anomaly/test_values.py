"""Values that are none, from a CSV file to a model."""

from __future__ import annotations

import logging
import warnings

import numpy as np
import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.anomaly.task import TASK
from tests.ml.anomaly.machines import CHANNELS, FAULT, plant


def _changed(folder, change, **spec):
    """The plant's data, of one machine, after a change of its file."""
    read = plant(folder, machines=1, **spec)
    frame = pd.read_csv(folder / "plant.csv")
    change(frame)
    frame.to_csv(folder / "plant.csv", index=False)
    return TASK.read(read), read


def test_infinite_and_impossible_values_are_missing_and_counted(tmp_path, caplog):
    def change(frame):
        frame.loc[[7, 600], "load"] = [np.inf, -np.inf]
        frame.loc[9, "oil"] = 1e300

    with warnings.catch_warnings(), caplog.at_level(logging.WARNING):
        warnings.simplefilter("error")
        data, spec = _changed(tmp_path, change)
        model = TASK.fit(data, spec)
        assert TASK.evaluate(model, data, spec).metrics["f1"] > 0.8
        TASK.baseline(data, spec)
    assert "column 'load': 2 values are infinite or beyond 1e+100" in caplog.text
    assert "column 'oil': 1 values" in caplog.text


def test_a_channel_without_a_value_before_the_test_is_left_out_and_it_says_so(tmp_path, caplog):
    def change(frame):
        frame.loc[:550, "current"] = np.nan

    with caplog.at_level(logging.WARNING):
        data, spec = _changed(tmp_path, change, channels=list(CHANNELS))
    assert data.about["channels"] == ["load", "pressure", "oil"]
    assert "column 'current': no value in the 500 rows of normal operation before the test; left out" in caplog.text
    assert TASK.fit(data, spec).normal.channels == ("load", "pressure", "oil")


def test_where_no_channel_has_a_value_nothing_is_learned(tmp_path):
    def change(frame):
        frame[["load", "oil"]] = np.nan

    with pytest.raises(MillwrightError, match="columns 'load', 'oil': no value in the 500 rows"):
        _changed(tmp_path, change, channels=["load", "oil"])


def test_labelled_anomalies_before_the_test_are_not_learned_unless_the_spec_says_so(tmp_path):
    late = {"by": "rows", "train": FAULT[1] + 20}
    data, spec = _changed(tmp_path, lambda frame: None, split=late)
    assert TASK.fit(data, spec).described["train_rows"] == FAULT[0] + 20
    data, spec = _changed(tmp_path, lambda frame: None, split=late, normal={"bad": [0, 1]})
    assert TASK.fit(data, spec).described["train_rows"] == FAULT[1] + 20
