"""Where no failure is found, it is said what was looked at and what it holds."""

from __future__ import annotations

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.failure.task import TASK
from ml.spec.load import parse_spec

HOURS = pd.date_range("2024-01-01", periods=400, freq="h")


def said(folder, states: list | None, failures: pd.DataFrame | None = None, **changes) -> str:
    """Why nothing can be learned from two machines of one file."""
    frames = [pd.DataFrame({"machine": name, "at": HOURS.astype(str), "x": range(400)}) for name in "AB"]
    frame = pd.concat(frames)
    raw = {
        "name": "x",
        "task": "failure",
        "source": {"readings": str(folder / "r.csv")},
        "entity": "machine",
        "time": "at",
        "horizon": "24h",
        "split": {"gap": "24h"},
        "candidates": [{"name": "xgboost"}],
    }
    if states is not None:
        frame["state"] = (states * 800)[:800]
        raw["label"] = {"column": "state"}
    if failures is not None:
        failures.to_csv(folder / "f.csv", index=False)
        raw["source"] |= {"failures": str(folder / "f.csv")}
    frame.to_csv(folder / "r.csv", index=False)
    spec = parse_spec(raw | changes, "x.yml")
    return TASK.too_little(TASK.read(spec), spec)


def test_values_that_the_label_never_has_are_told_with_those_it_has(tmp_path):
    found = said(tmp_path, [0, 0, 0, 1], label={"column": "state", "values": ["BROKEN"]})
    assert found.endswith("r.csv holds 0 (600), 1 (200); none is 'BROKEN'.")
    assert found.startswith("No machine failed in the training data (2024-01-01 to ")


def test_a_label_that_says_failure_in_every_row_is_told_so(tmp_path):
    assert "holds 1 (800); every row says failure" in said(tmp_path, [1])


def test_failures_of_machines_that_have_no_readings_are_named(tmp_path):
    failures = pd.DataFrame({"machine": ["Z"], "at": [str(HOURS[100])]})
    assert "f.csv are of Z, and the readings of A, B." in said(tmp_path, None, failures)


@pytest.mark.parametrize("words", [["fine", "belt", "motor", "fine"], ["running", "stopped"]])
def test_words_of_which_it_is_not_plain_which_are_failures_are_asked_for(tmp_path, words):
    with pytest.raises(MillwrightError, match=r"not plain which are failures.*values: \[\.\.\.\]"):
        said(tmp_path, words)


def test_two_words_of_which_one_says_no_are_plain(tmp_path):
    assert said(tmp_path, ["No Failure"] * 99 + ["Power Failure"], minimum_failures=1) == ""
