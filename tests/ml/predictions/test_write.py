"""Predictions in files."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from ml.predictions.write import write

READ = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
both = pytest.mark.parametrize("ending", sorted(READ))


@both
def test_reasons_and_probabilities_are_json_text(tmp_path, ending):
    factors = [
        {"feature": "Type", "value": "M"},
        {"feature": "Torque", "value": 4.5},
        {"feature": "Wear", "value": None},
    ]
    rows = pd.DataFrame({"result": ["ok"], "probabilities": [{"ok": 0.9, "nok": 0.1}], "factors": [factors]})
    path = tmp_path / "deep" / f"said{ending}"
    write(rows, str(path))
    [said] = READ[ending](path).to_dict("records")
    assert json.loads(said["probabilities"]) == {"ok": 0.9, "nok": 0.1}
    assert json.loads(said["factors"]) == factors
