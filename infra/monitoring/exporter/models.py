"""What schema `ml` says: champions and what was decided of their rivals, drift, and the newest predictions."""

from __future__ import annotations

from infra.monitoring.exporter.query import Query, measure

_PROMOTIONS = Query(
    "ml.promotions",
    ("model",),
    (
        measure("champion_version", "The version that predicts.", "model"),
        measure("champion_promoted_timestamp_seconds", "When it was promoted.", "model"),
        measure("model_judged_timestamp_seconds", "When a version was last held against the champion.", "model"),
        measure("model_refusals", "Versions refused since the last promotion, or ever without one.", "model"),
    ),
    "select model_name,"
    " (array_agg(to_version order by promotion_id desc) filter (where promoted))[1],"
    " extract(epoch from max(decided_at) filter (where promoted)),"
    " extract(epoch from max(decided_at)),"
    " count(*) filter (where promotion_id > coalesce(last_promoted, 0))"
    " from (select *, max(promotion_id) filter (where promoted) over (partition by model_name) as last_promoted"
    " from ml.promotions) as decisions group by model_name",
)

_MONITORING = Query(
    "ml.monitoring",
    ("model",),
    (
        measure("model_drift_share", "Share of its features that differ from what it learned from.", "model"),
        measure("model_retrain_due", "1 when its newest window says that it should be trained again.", "model"),
        measure("model_monitored_timestamp_seconds", "When that was judged.", "model"),
    ),
    "select distinct on (model_name) model_name, drift_share, retrain::int, extract(epoch from monitored_at)"
    " from ml.monitoring order by model_name, window_end desc, monitoring_id desc",
)

_TABLES = {
    "failure": ("ml.predictions", "prediction_id", "predicted_at"),
    "rul": ("ml.remaining_life", "remaining_life_id", "predicted_at"),
    "anomaly": ("ml.anomalies", "anomaly_id", "detected_at"),
    "forecast": ("ml.forecasts", "forecast_id", "made_at"),
    "quality": ("ml.quality_predictions", "quality_prediction_id", "predicted_at"),
}
_NEWEST = measure("predictions_last_timestamp_seconds", "When predictions of a task were last written.", "task")


def _newest(task: str, table: str, key: str, moment: str) -> Query:
    sql = f"select '{task}', extract(epoch from {moment}) from {table} order by {key} desc limit 1"
    return Query(table, ("task",), (_NEWEST,), sql)


MODELS = (_PROMOTIONS, _MONITORING, *(_newest(task, *where) for task, where in _TABLES.items()))
