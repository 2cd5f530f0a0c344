"""A span is in the unit of the time that it is held against."""

from __future__ import annotations

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.spec.load import parse_spec
from ml.task import task

HOURS = pd.date_range("2024-01-01", periods=300, freq="h").astype(str)
MORE = {
    "failure": {"label": "bad", "horizon": "24h", "split": {"gap": "24h"}},
    "quality": {"label": "bad"},
    "anomaly": {},
    "forecast": {},
}


def read(folder, kind: str, counter: bool, **changes):
    frame = pd.DataFrame({"at": range(300) if counter else HOURS, "x": range(300), "bad": [0, 0, 1] * 100})
    frame.to_csv(folder / "r.csv", index=False)
    source = str(folder / "r.csv")
    candidate = {"failure": "xgboost", "quality": "xgboost", "anomaly": "robust_z", "forecast": "mean"}[kind]
    raw = {"name": "x", "task": kind, "time": "at", "candidates": [{"name": candidate}]}
    raw["source"] = {"readings": source} if kind == "failure" else source
    return task(kind).read(parse_spec(raw | MORE[kind] | changes, "x.yml"))


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("failure", {"horizon": 24}, "horizon = 24"),
        ("failure", {"windows": ["3h", 24]}, "windows = 24"),
        ("failure", {"split": {"gap": 48}}, r"split\.gap = 48"),
        ("quality", {"judge": 7}, "judge = 7"),
        ("quality", {"split": {"by": "time", "gap": 7}}, r"split\.gap = 7"),
        ("anomaly", {"judge": 7}, "judge = 7"),
        ("forecast", {"split": {"by": "time", "gap": 7}}, r"split\.gap = 7"),
    ],
)
def test_a_plain_number_is_refused_where_time_is_of_dates(tmp_path, kind, changes, field):
    with pytest.raises(MillwrightError, match=rf"^{field}: expected a span with its unit.*Such as \d+h"):
        read(tmp_path, kind, False, **changes)


@pytest.mark.parametrize(
    ("kind", "changes", "field"),
    [
        ("failure", {"horizon": "1d"}, "horizon = '1d'"),
        ("failure", {"horizon": 24, "step": "1d", "windows": [3]}, "step = '1d'"),
        ("quality", {"judge": "7d"}, "judge = '7d'"),
        ("anomaly", {"judge": "7d"}, "judge = '7d'"),
    ],
)
def test_hours_and_days_are_refused_where_time_is_a_counter(tmp_path, kind, changes, field):
    with pytest.raises(MillwrightError, match=rf"^{field}: expected a plain number of steps"):
        read(tmp_path, kind, True, **changes)


@pytest.mark.parametrize("kind", list(MORE))
def test_what_stands_there_when_nothing_is_given_fits_both(tmp_path, kind):
    given = {"horizon": 24, "split": {"gap": 24}} if kind == "failure" else {}
    assert read(tmp_path, kind, True, **given).rows == read(tmp_path, kind, False).rows == 300
