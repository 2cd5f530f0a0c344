"""A column that is to be ignored and is not there is a typing error, in every task."""

from __future__ import annotations

import pandas as pd
import pytest

from millwright.errors import MillwrightError
from ml.spec.load import parse_spec
from ml.task import task

SPECS = {
    "failure": {"label": "bad", "horizon": 24, "split": {"gap": 24}, "candidates": [{"name": "xgboost"}]},
    "rul": {"entity": "machine", "candidates": [{"name": "linear"}]},
    "quality": {"label": "bad", "candidates": [{"name": "xgboost"}]},
    "anomaly": {"candidates": [{"name": "robust_z"}]},
    "forecast": {"candidates": [{"name": "mean"}]},
}


@pytest.mark.parametrize("kind", list(SPECS))
def test_a_column_to_ignore_that_is_not_there_is_named(tmp_path, kind):
    pd.DataFrame({"at": range(99), "machine": "A", "temp": 1.5, "bad": 0}).to_csv(tmp_path / "r.csv", index=False)
    source = str(tmp_path / "r.csv")
    raw = {"name": "x", "task": kind, "time": "at", "source": {"readings": source} if kind == "failure" else source}
    spec = parse_spec(raw | SPECS[kind] | {"ignore": ["tempp"]}, "x.yml")
    with pytest.raises(MillwrightError, match=r"r\.csv has no column 'tempp'.*There are: at, machine, temp, bad"):
        task(kind).read(spec)
