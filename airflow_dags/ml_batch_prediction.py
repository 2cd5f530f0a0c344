"""Says with each spec's champion what the newest data mean, and brings the marts up to date with it.

| when marts or a champion have changed, and daily | one row per version, machine and watermark | safe to run again |

One mapped task for each spec of `ml/specs` that has a champion; a spec that fails does not stop the others.

**When it fails**: the log of the mapped task names the spec. Without a champion there is no task for a spec; run
`ml_model_training`. The last predictions stay in the marts.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, TriggerRule, dag, task

from airflow_dags.assets import DEFAULTS, MARTS, MODEL, PREDICTIONS, PREDICTIONS_IF_NEW


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("0 5 * * *", timezone="UTC"), assets=(MARTS | MODEL)),
    tags=["ml"],
    doc_md=__doc__,
    **DEFAULTS,
)
def ml_batch_prediction() -> None:
    @task
    def specs() -> list[str]:
        from ml.predictions.champion import with_champion

        return with_champion()

    # One at a time: each reads weeks of the warehouse into memory.
    @task(outlets=[PREDICTIONS_IF_NEW], max_active_tis_per_dagrun=1)
    def predict(spec: str) -> Any:
        from ml.predictions.run import run

        said = run(spec)
        if said["written"]:
            yield Metadata(PREDICTIONS, extra=said, alias=PREDICTIONS_IF_NEW)
        return said

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def refresh_marts(specs: list[str] | None, done: Any) -> dict[str, Any]:
        from millwright.dbt_runner import build
        from millwright.errors import MillwrightError

        # Also when this run wrote none: the run that did may have been killed before it came here.
        built = build(select="source:ml+") if specs else {"reason": "No spec has a champion."}
        if specs is None or len(list(done)) < len(specs):
            raise MillwrightError("Not every spec was predicted for; the marts are up to date with those that were.")
        return built

    found = specs()
    refresh_marts(found, predict.expand(spec=found))


ml_batch_prediction()
