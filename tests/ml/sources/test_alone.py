"""Machines that a spec does not tell apart are not made one without a word."""

from __future__ import annotations

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.spec.load import parse_spec
from ml.task import task

HOURS = pd.Series(pd.date_range("2024-01-01", periods=200, freq="h").astype(str))
SPECS = {
    "failure": {"label": "bad", "horizon": "24h", "split": {"gap": "24h"}, "candidates": [{"name": "xgboost"}]},
    "forecast": {"candidates": [{"name": "mean"}]},
}


def read(folder, kind: str, times: pd.Series, **changes):
    pd.DataFrame({"at": times, "machine": "A", "x": 1.5, "bad": 0}).to_csv(folder / "r.csv", index=False)
    source = str(folder / "r.csv")
    raw = {"name": "x", "task": kind, "time": "at"} | SPECS[kind]
    raw["source"] = {"readings": source} if kind == "failure" else source
    return task(kind).read(parse_spec(raw | changes, "x.yml"))


@pytest.mark.parametrize("kind", list(SPECS))
def test_several_rows_of_one_moment_ask_for_the_machine(tmp_path, kind):
    twice = pd.concat([HOURS, HOURS])
    with pytest.raises(MillwrightError, match=r"r\.csv has 2 rows of 2024-01-01T00:00:00.*Give entity"):
        read(tmp_path, kind, twice)
    assert read(tmp_path, kind, twice, entity="machine").rows


@pytest.mark.parametrize("kind", list(SPECS))
def test_the_hour_that_a_clock_shows_twice_is_no_second_machine(tmp_path, kind):
    assert read(tmp_path, kind, pd.concat([HOURS, HOURS.tail(2)])).rows


def test_a_series_of_sums_may_have_many_rows_of_one_moment(tmp_path):
    assert read(tmp_path, "forecast", pd.concat([HOURS, HOURS]), combine="sum").rows
