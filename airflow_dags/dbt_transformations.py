"""Builds and tests the staging, intermediate and mart models in Postgres.

| when `raw` has changed, and daily | only what a load touched is computed again | safe to run again |

**When it fails**: the task's log names the model or the test. `cd dbt_transformations && dbt test --select NAME`
shows the rows. A load whose models failed is taken up by the next run; it is never skipped.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, dag, task

from airflow_dags.assets import DEFAULTS, MARTS, RAW


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("30 2 * * *", timezone="UTC"), assets=RAW),
    tags=["dbt", "warehouse"],
    doc_md=__doc__,
    **DEFAULTS,
)
def dbt_transformations() -> None:
    @task(outlets=[MARTS])
    def dbt_build() -> Any:
        from millwright.dbt_runner import build
        from millwright.tables import anything_loaded

        if not anything_loaded():
            return {"reason": "Nothing has been loaded yet."}
        built = build()
        yield Metadata(MARTS, extra=built)
        return built

    dbt_build()


dbt_transformations()
