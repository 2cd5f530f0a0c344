"""UCI steel plates faults: seven classes, stratified folds; choices are made inside the folds."""

from __future__ import annotations

import yaml

from ml.quality.task import TASK
from ml.spec.load import load_spec
from tests.public_data import data_folder


def test_faults_of_steel_plates_are_told_apart(tmp_path):
    (tmp_path / "steel.yml").write_text(
        yaml.safe_dump(
            {
                "name": "steel",
                "task": "quality",
                "source": str(data_folder("steel_plates") / "faults.csv"),
                "label": "failure.type",
                "ignore": ["target"],
                "split": {"by": "folds", "folds": 4, "inner_folds": 2},
                # A part of what the benchmark's spec in docs/models.md has, for the time that a test may take.
                "candidates": [{"name": "extra_trees", "parameters": {"trees": 60, "max_features": 0.9}}],
            }
        )
    )
    spec = load_spec(str(tmp_path / "steel.yml"))
    data = TASK.read(spec)
    metrics = TASK.evaluate(TASK.fit(data, spec), data, spec).metrics
    assert metrics["test_rows"] == 1941
    assert metrics["accuracy"] > 0.78
    assert TASK.baseline(data, spec)[1].metrics["accuracy"] < 0.36
