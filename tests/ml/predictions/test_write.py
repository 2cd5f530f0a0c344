"""Predictions in files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from ml.predictions.write import as_file, write
from ml.spec.load import parse_spec

READ = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
QUALITY = {"name": "x", "task": "quality", "source": "x.csv", "label": "y", "split": {"by": "folds"}}
QUALITY |= {"candidates": [{"name": "xgboost"}]}
PIECES = pd.DataFrame(
    {
        "equipment_id": ["", ""],
        "event_time": [1.0, 0.0],
        "inspection_id": None,
        "product_id": ["A", "B"],
        "result": "ok",
    }
)


def columns(rows: pd.DataFrame, **changes) -> dict[str, list]:
    return as_file(rows, parse_spec(QUALITY | changes, "test")).to_dict("list")


@pytest.mark.parametrize("ending", sorted(READ))
def test_reasons_and_probabilities_are_json_text(tmp_path, ending):
    factors = [{"feature": "Type", "value": "M"}, {"feature": "Load", "value": 4.5}, {"feature": "Wear", "value": None}]
    rows = PIECES.head(1).assign(probabilities=[{"ok": 0.9, "nok": 0.1}], factors=[factors])
    path = tmp_path / "deep" / f"said{ending}"
    write(rows, str(path), parse_spec(QUALITY, "test"))
    [said] = READ[ending](path).to_dict("records")
    assert json.loads(said["probabilities"]) == {"ok": 0.9, "nok": 0.1}
    assert json.loads(said["factors"]) == factors


def test_pieces_without_a_time_or_a_machine_have_the_number_of_their_row():
    assert columns(PIECES) == {"row": [2, 1], "result": ["ok", "ok"]}


def test_columns_have_the_users_own_names():
    said = columns(PIECES.assign(equipment_id=["a", "b"]), entity="Machine", time="step", product="article")
    assert said == {"Machine": ["a", "b"], "event_time": [1, 0], "article": ["A", "B"], "result": ["ok", "ok"]}


def test_a_column_of_ours_gives_way_to_the_users():
    said = columns(PIECES.assign(equipment_id=["a", "b"]), entity="result", inspection="result")
    assert said == {"result": ["a", "b"], "row": [2, 1], "predicted_result": ["ok", "ok"]}


def test_a_counter_stays_a_number_and_a_moment_a_moment():
    whole, parts = columns(PIECES, time="step"), columns(PIECES.assign(event_time=[0.5, 1.0]), time="step")
    assert (whole["event_time"], parts["event_time"]) == ([1, 0], [0.5, 1.0])
    assert all(isinstance(value, int) for value in whole["event_time"])
    at = pd.Timestamp("2026-01-30T08:00Z")
    assert columns(PIECES.assign(event_time=at), time="made")["event_time"] == [at, at]
