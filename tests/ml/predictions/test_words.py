"""A prediction in sentences."""

from __future__ import annotations

import datetime as dt

import pytest

from ml.predictions import words

AT = dt.datetime(2026, 1, 30, 8, tzinfo=dt.UTC)
FAILURE = {"equipment_id": "m1", "data_watermark": AT, "predicted": True, "horizon_hours": 24, "probability": 0.91}
FAILURE |= {"threshold": 0.4}


def test_each_kind_says_what_it_says():
    assert words.headline("failure", FAILURE) == (
        "m1 will fail within 24 h of 2026-01-30 08:00 UTC: probability 91.0%, threshold 40.0%."
    )
    anomaly = {"equipment_id": "m1", "data_watermark": AT, "event_time": AT, "channel": None, "score": 0.2}
    assert "is as usual" in words.headline("anomaly", anomaly | {"threshold": 0.9, "is_anomaly": False})
    unit = {"equipment_id": "m1", "data_watermark": AT, "event_time": AT, "inspection_id": "i1", "predicted": True}
    said = words.headline("quality", unit | {"result": "Reject", "defect_probability": 0.8, "threshold": 0.5})
    assert said.startswith("inspection i1 of m1 is Reject")
    hour = {"equipment_id": "m1", "data_watermark": AT, "forecast_time": AT, "channel": "vibration", "value": 40.123}
    hour |= {"lower": 39, "upper": 41, "crossing_probability": 0.25, "crossing_limit": 50.0}
    assert words.headline("forecast", hour).endswith("50 is crossed by then with 25%.")
    life = {"equipment_id": "u1", "data_watermark": AT, "value": 80, "lower": 70, "upper": 95, "unit": "cycles"}
    assert "80 cycles left (70 to 95)" in words.headline("rul", life)


def test_factors_are_named_with_value_and_direction():
    factors = [
        {
            "feature": "vibration_mean_24h",
            "label": "vibration, mean of 24 h (mm/s)",
            "value": 52.1,
            "contribution": 1.5,
        },
        {"channel": "pressure"},
        {"feature": "operator_id", "value": "o7", "contribution": -0.25},
    ]
    assert words.factors({"factors": factors}) == [
        "vibration, mean of 24 h (mm/s) = 52.1, which raises it (+1.50)",
        "pressure",
        "operator id = o7, which lowers it (-0.25)",
    ]


@pytest.mark.parametrize(
    ("predicted", "failed", "said"),
    [(True, AT, "foretold rightly"), (False, AT, "not foretold"), (True, None, "false alarm"), (False, None, "quiet")],
)
def test_an_outcome_says_who_was_right(predicted, failed, said):
    came = {"actual": failed is not None, "failure_time": failed, "foretold_until": AT}
    assert said in words.outcome("failure", FAILURE | {"predicted": predicted}, came)
    assert words.outcome("failure", FAILURE, None) == "Not known yet."


def test_a_run_says_of_how_many_it_spoke_and_how_far_their_data_reach():
    run = {"task": "quality", "rows": 400, "machines": 1, "flagged": 3, "data_watermark": "400"}
    assert words.told(run | {"entity": None}) == "400 pieces, 3 of them told as defects"
    assert words.told(run | {"entity": "line"}) == "400 pieces of 1 machine, 3 of them told as defects"
    assert words.told(run | {"task": "rul", "entity": "unit", "rows": 2, "machines": 2, "flagged": None}) == (
        "2 predictions of 2 units"
    )
    assert words.up_to(run | {"time": None}) == ""
    assert words.up_to(run | {"time": "cycle"}) == ", data up to cycle 400"
    assert words.up_to(run | {"time": "made", "data_watermark": AT.isoformat()}) == ", data up to 2026-01-30 08:00 UTC"
