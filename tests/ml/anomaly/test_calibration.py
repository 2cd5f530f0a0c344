"""Whether the share of false alarms can be known."""

from __future__ import annotations

import logging

import pytest

from ml.anomaly.calibration import too_short
from ml.anomaly.task import TASK
from tests.ml.anomaly.machines import plant, write_spec


@pytest.mark.parametrize(
    ("rows", "changes", "needed"),
    [
        (480, {}, "so 1600 are needed"),
        (1600, {}, ""),
        (1600, {"false_positive_rate": 0.01}, "so 8000 are needed"),
        (480, {"average": 1, "smooth": 1}, ""),
    ],
)
def test_rows_that_share_what_they_are_averaged_over_count_once(tmp_path, rows, changes, needed):
    said = too_short(rows, write_spec(tmp_path, **changes))
    assert needed in said
    assert bool(said) == bool(needed)


def test_a_training_on_few_rows_says_so(tmp_path, caplog):
    spec = plant(tmp_path, machines=1)
    data = TASK.read(spec)
    with caplog.at_level(logging.WARNING):
        described = TASK.fit(data, spec).described
    assert "500 rows of normal operation are too few" in described["calibration"]
    assert described["calibration"] in caplog.text
