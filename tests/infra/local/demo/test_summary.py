"""The demo says what it did, and notices when counts do not add up."""

from __future__ import annotations

import copy
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console

from infra.local.demo.show import show
from infra.local.demo.summary import nothing_lost


@pytest.fixture
def summary() -> dict[str, Any]:
    metrics = {"average_precision": 0.91, "precision": 0.8, "recall": 0.9, "f1": 0.85, "failures": 6.0}
    return {
        "streams": [
            {
                "stream": "equipment-sensors",
                "sent": 1010,
                "accepted": 1005,
                "quarantined": {"undecodable": 5},
                "bronze_files": 6,
                "silver": 1000,
                "raw": 1000,
            }
        ],
        "marts": {"mart_equipment_health": 20},
        "model": {"to_version": 3, "promoted": True, "reason": "better", "metrics": {"model": metrics, "baseline": {}}},
        "at_risk": [
            {
                "equipment_id": "m-07",
                "equipment_name": "Press 7",
                "predicted_failure_prob": 0.93,
                "health_status": "Critical",
                "factors": [{"feature": "vibration_mean_24h", "label": "mean vibration over 24 h", "value": 9.1}],
                "recommendation": "Inspect the bearing.",
                "model_name": "failure",
                "model_version": 3,
                "data_watermark": datetime(2026, 3, 1, tzinfo=UTC),
            }
        ],
        "addresses": {"airflow": "http://a", "mlflow": "http://m"},
        "seconds": {"Start the stack": 40.0},
    }


def test_all_that_was_sent_is_accepted_or_quarantined(summary):
    assert nothing_lost(summary)


@pytest.mark.parametrize(("field", "value"), [("sent", 1011), ("accepted", 1004), ("raw", 999), ("quarantined", {})])
def test_a_record_that_went_missing_is_noticed(summary, field, value):
    wrong = copy.deepcopy(summary)
    wrong["streams"][0][field] = value
    assert not nothing_lost(wrong)


def test_what_a_person_sees_names_the_machine_the_reason_and_the_action(summary):
    console = Console(file=io.StringIO(), width=140, highlight=False)
    show(summary, console)
    said = console.file.getvalue()
    for part in (
        "5 undecodable",
        "93.0% Press 7",
        "mean vibration over 24 h = 9.1",
        "Inspect the bearing.",
        "version 3",
    ):
        assert part in said
