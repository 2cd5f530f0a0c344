"""The assets that link the DAGs, and the defaults that all share."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, AssetWatcher

from airflow_dags.bronze_trigger import BronzeTrigger

BRONZE = Asset(
    name="bronze",
    uri="millwright://lake/bronze",
    watchers=[AssetWatcher(name="the_sink_has_published", trigger=BronzeTrigger())],
)
RAW = Asset(name="raw", uri="millwright://warehouse/raw")
MARTS = Asset(name="marts", uri="millwright://warehouse/marts")
MODEL = Asset(name="model", uri="millwright://mlflow/champion")
PREDICTIONS = Asset(name="predictions", uri="millwright://warehouse/ml/predictions")
RETRAIN = Asset(name="retrain", uri="millwright://mlflow/retrain")

# What a task may change: it tells so only when it has, so that an idle plant wakes nobody.
RAW_IF_CHANGED = AssetAlias(name="raw_if_changed")
MODEL_IF_PROMOTED = AssetAlias(name="model_if_promoted")
PREDICTIONS_IF_NEW = AssetAlias(name="predictions_if_new")
RETRAIN_IF_DUE = AssetAlias(name="retrain_if_due")

# One run of a DAG at a time: tasks go on from stored watermarks, so a second run has nothing to add.
DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2025, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "default_args": {"owner": "data-eng", "retries": 2, "retry_delay": timedelta(minutes=5)},
}
