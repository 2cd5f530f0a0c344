"""Predictions for files from the command line, where nothing else runs."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner

from millwright.errors import MillwrightError
from ml import steps
from ml.predictions.cli import explain, predict
from tests.ml.quality import pieces
from tests.ml.rul import engines

pytestmark = pytest.mark.usefixtures("without_the_stack")


def said(*args: str) -> dict:
    done = CliRunner().invoke(predict, [*args, "--json"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def test_new_pieces_are_predicted_without_their_verdict(tmp_path):
    pieces.spec_of(tmp_path, time=None, entity=None, split={"by": "folds", "folds": 3, "inner_folds": 2})
    spec, new, out = (str(tmp_path / name) for name in ("small.yml", "new.csv", "said.parquet"))
    assert steps.run(spec)["promoted"]
    pieces.table(20, seed=2).drop(columns="verdict").to_csv(new, index=False)
    result = said(spec, "--source", new, "--output", out)
    assert (result["rows"], result["time"], result["entity"]) == (20, None, None)
    found = pd.read_parquet(out)
    assert found["row"].tolist() == list(range(1, 21))
    assert found["serial"].tolist() == [f"s{number}" for number in range(20)]
    assert {type(text) for text in found["factors"].map(json.loads)} == {list}
    shown = CliRunner().invoke(predict, [spec, "--source", new, "--output", out], catch_exceptions=False).stdout
    assert shown.startswith("small version 1: 20 pieces, ")


def test_a_place_on_the_command_line_is_that_of_the_units_in_service(tmp_path):
    engines.write(tmp_path)
    spec = tmp_path / "engines.yml"
    spec.write_text(yaml.safe_dump(engines.make_spec(tmp_path, candidates=[{"name": "linear"}])))
    assert steps.run(str(spec))["promoted"]
    lines = (tmp_path / "test.txt").read_text().splitlines()
    (tmp_path / "new.txt").write_text("\n".join(line for line in lines if line.startswith("3 ")))
    out = str(tmp_path / "said.csv")
    assert said(str(spec), "--output", out)["rows"] == 12
    whole = pd.read_csv(out)
    assert said(str(spec), "--source", str(tmp_path / "new.txt"), "--output", out)["rows"] == 1
    pd.testing.assert_frame_equal(pd.read_csv(out), whole[whole["unit"] == 3].reset_index(drop=True))
    assert set(whole["predicted_unit"]) == {"cycle"}


def test_what_stands_in_a_file_is_not_explained_by_number():
    with pytest.raises(MillwrightError, match=r"predictions in the warehouse.*the column factors") as told:
        CliRunner().invoke(explain, ["quality:3"], catch_exceptions=False)
    assert "password" not in str(told.value)
