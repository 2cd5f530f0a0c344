"""Predicts for every machine with the champion, and brings the marts up to date with what it said.

| when marts or champion have changed, and daily | one row per version, machine and watermark | safe to run again |

**When it fails**: without a champion it says so; run `ml_model_training`. The last predictions stay in the marts.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, dag, task

from airflow_dags.assets import DEFAULTS, MARTS, MODEL, PREDICTIONS, PREDICTIONS_IF_NEW


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 5 * * *", timezone="UTC"), assets=(MARTS | MODEL)),
    tags=["ml"],
    doc_md=__doc__,
    **DEFAULTS,
)
def ml_batch_prediction() -> None:
    @task(outlets=[PREDICTIONS_IF_NEW])
    def predict() -> Any:
        from ml.predict import run

        said = run("failure")
        if said["written"]:
            yield Metadata(PREDICTIONS, extra=said, alias=PREDICTIONS_IF_NEW)
        return said

    @task
    def refresh_marts(said: dict[str, Any]) -> dict[str, Any]:
        from millwright.dbt_runner import build

        # Also when this run wrote none: the run that did may have been killed before it came here.
        return build(select="source:ml+") if said["predicted"] else said

    refresh_marts(predict())


ml_batch_prediction()
