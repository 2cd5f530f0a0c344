"""What a column of labels says."""

from __future__ import annotations

import logging

import numpy as np
import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.anomaly.label import ask_meaning, labels
from ml.spec.source import Source

SOURCE = Source(path=("hall.csv",))


def _column(*values):
    return pd.Series(values, name="state")


def test_numbers_above_0_and_words_that_do_not_mean_no_are_anomalies():
    assert labels(_column(0.0, 1.0, np.nan)).tolist()[:2] == [0, 1]
    assert np.isnan(labels(_column(0.0, 1.0, np.nan))[2])
    assert labels(_column("Normal", " attack", None, "no")).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize("values", [(0, 1), (True, False), ("yes", "no"), (1, 1), ("normal", "A ttack"), (np.nan, 0.0)])
def test_nothing_is_said_of_a_label_that_is_plain(values, caplog):
    ask_meaning(_column(*values), SOURCE)
    assert not caplog.records


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((0, 1, 2, 2), "holds 2 (2), 0 (1), 1 (1): taken as anomalies are 1, 2."),
        (("ok", "ok", "leak", "jam"), "holds ok (2), leak (1), jam (1): taken as anomalies are leak, jam."),
    ],
)
def test_it_is_said_which_of_several_values_are_anomalies(values, said, caplog):
    with caplog.at_level(logging.WARNING):
        ask_meaning(_column(*values), SOURCE)
    assert said in caplog.text


@pytest.mark.parametrize("values", [(2, 2), ("A", "B"), (5.0, np.nan)])
def test_a_label_in_which_nothing_is_normal_is_asked_after(values):
    with pytest.raises(MillwrightError, match=r"label 'state' holds .* not plain which are anomalies"):
        ask_meaning(_column(*values), SOURCE)
