"""Says with each spec's champion what the newest data mean, and brings the marts up to date with it.

- **Safe to run again**: one row per version, machine and watermark.
- **What wakes it**: the assets `marts` and `model` (a new champion), and the clock daily at 05:00. By hand the form
  takes the specs.

One mapped task for each spec of `ml/specs` that has a champion; a spec that fails does not stop the others.

- **When it fails**: the log of the mapped task names the spec. Without a champion there is no task for a spec; run
  `ml_model_training`. The last predictions stay in the marts.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, TriggerRule, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, MARTS, MODEL, PREDICTIONS, PREDICTIONS_IF_NEW, names, within
from airflow_dags.links import VERSION, dashboard, linked
from airflow_dags.refreshed import refreshed


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 5 * * *", timezone="UTC"), assets=(MARTS | MODEL)),
    tags=["ml"],
    doc_md=__doc__,
    params={"specs": names("Specs", "Names; none means all that have a champion.")},
    deadline=within(minutes=90),
    **DEFAULTS,
)
def ml_batch_prediction() -> None:
    @task
    def specs(params: dict[str, Any] | None = None) -> list[str]:
        from ml.predictions.champion import with_champion

        return list(params["specs"]) if params and params["specs"] else with_champion()

    # One at a time: each reads weeks of the warehouse into memory.
    @linked(VERSION, outlets=[PREDICTIONS_IF_NEW], max_active_tis_per_dagrun=1, pool=HEAVY)
    def predict(spec: str) -> Any:
        from ml.predictions.run import run

        said = run(spec)
        if said["written"]:
            yield Metadata(PREDICTIONS, extra=said, alias=PREDICTIONS_IF_NEW)
        return said

    @linked(dashboard("predictive_maintenance"), trigger_rule=TriggerRule.ALL_DONE, pool=HEAVY)
    def refresh_marts(specs: list[str] | None, done: Any) -> dict[str, Any]:
        return refreshed("source:ml+", specs, done, "predicted for")

    found = specs()
    refresh_marts(found, predict.expand(spec=found))


ml_batch_prediction()
