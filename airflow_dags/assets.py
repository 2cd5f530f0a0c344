"""The assets that link the DAGs, and the defaults that all share: pool, retries, alarms and deadlines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.sdk import Asset, AssetAlias, AssetWatcher, Param
from airflow.sdk.definitions.callback import AsyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference

from airflow_dags.alarms import tell_failed, tell_late
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

# The pool of pools.json, which `millwright up` makes: one task at a time that needs a processor and memory.
HEAVY = "heavy"

# One run of a DAG at a time: tasks go on from stored watermarks, so a second run has nothing to add.
DEFAULTS: dict[str, Any] = {
    "start_date": datetime(2025, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "on_failure_callback": tell_failed,
    "default_args": {"owner": "data-eng", "retries": 2, "retry_delay": timedelta(minutes=5)},
}


def within(minutes: int) -> DeadlineAlert:
    """People are told when a run is not through so long after it was queued; it goes on all the same."""
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(minutes=minutes),
        callback=AsyncCallback(tell_late, kwargs={"minutes": minutes}),
    )


def names(title: str, description: str) -> Param:
    """A form's list of names, one a line."""
    return Param([], type="array", items={"type": "string"}, title=title, description=description)
