"""The Skoltech anomaly benchmark, by its own protocol: the first 400 rows of each file train, all files are pooled."""

from __future__ import annotations

import yaml

from ml.anomaly.task import TASK
from ml.spec.load import load_spec
from tests.public_data import data_folder


def test_faults_of_the_valve_are_found_with_few_false_alarms(tmp_path):
    (tmp_path / "skab.yml").write_text(
        yaml.safe_dump(
            {
                "name": "skab",
                "task": "anomaly",
                "source": {"path": f"{data_folder('skab')}/valve1/*.csv", "separator": ";", "file_column": "file"},
                "entity": "file",
                "time": "datetime",
                "label": "anomaly",
                "ignore": ["changepoint"],
                "split": {"by": "rows", "train": 400},
                "candidates": [{"name": "robust_z"}, {"name": "t2_q"}, {"name": "mset"}],
            }
        )
    )
    spec = load_spec(str(tmp_path / "skab.yml"))
    data = TASK.read(spec)
    metrics = TASK.evaluate(TASK.fit(data, spec), data, spec).metrics
    assert metrics["f1"] >= 0.83
    assert metrics["far"] <= 0.09
    assert TASK.baseline(data, spec)[1].metrics["far"] > 0.3
