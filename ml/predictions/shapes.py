"""What `Task.predict` gives, by task: the columns of the task's table in schema `ml`, stated once.

Every row gets `model_name`, `model_version` and `data_watermark` beside them; the table's own DDL and what makes two
rows the same stand in `millwright.ml_tables`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """A table of predictions: which columns have to come, which may."""

    table: str
    id: str
    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.needed + self.optional


JSON = frozenset({"factors", "probabilities"})

SHAPES = {
    "failure": Shape(
        "ml.predictions",
        "prediction_id",
        ("equipment_id", "horizon_hours", "probability", "threshold", "predicted"),
        ("factors", "event_time"),
    ),
    "rul": Shape(
        "ml.remaining_life", "remaining_life_id", ("equipment_id", "value", "lower", "upper", "unit"), ("factors",)
    ),
    "anomaly": Shape(
        "ml.anomalies",
        "anomaly_id",
        ("equipment_id", "event_time", "channel", "score", "threshold", "is_anomaly"),
        ("value", "expected", "factors"),
    ),
    "quality": Shape(
        "ml.quality_predictions",
        "quality_prediction_id",
        ("equipment_id", "event_time", "defect_probability", "threshold", "predicted"),
        ("inspection_id", "product_id", "defect_type", "result", "probabilities", "factors"),
    ),
    "forecast": Shape(
        "ml.forecasts",
        "forecast_id",
        ("equipment_id", "channel", "forecast_time", "value", "lower", "upper"),
        ("lower_95", "upper_95", "crossing_probability", "crossing_limit", "crossing_severity", "crossing_time"),
    ),
}
