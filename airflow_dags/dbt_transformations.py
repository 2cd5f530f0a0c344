"""Builds and tests the staging, intermediate and mart models in Postgres.

- **Safe to run again**: only what a load touched is computed again.
- **What wakes it**: the asset `raw`, and the clock daily at 02:30. By hand the form takes models to build (dbt's
  syntax) and whether to build incremental models anew from all of `raw`.
- **dbt_build** builds and tests; what it returns has the rows written by model. A run by the clock or by hand also
  brings dbt's docs up to date, to which the task has a button (*Details*).
- **When it fails**: the task's log names the model or the test. `cd dbt_transformations && dbt test --select NAME`
  shows the rows. A load whose models failed is taken up by the next run; it is never skipped.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, Metadata, Param, dag

from airflow_dags.assets import DEFAULTS, HEAVY, MARTS, RAW, within
from airflow_dags.links import DOCS, linked


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("30 2 * * *", timezone="UTC"), assets=RAW),
    tags=["dbt", "warehouse"],
    doc_md=__doc__,
    params={
        "select": Param(None, type=["null", "string"], title="Models", description="Such as fact_sensor_readings+"),
        "full_refresh": Param(False, type="boolean", title="Full refresh", description="Incremental models anew"),
    },
    deadline=within(minutes=90),
    **DEFAULTS,
)
def dbt_transformations() -> None:
    @linked(DOCS, outlets=[MARTS], pool=HEAVY)
    def dbt_build(params: dict[str, Any] | None = None, run_id: str | None = None) -> Any:
        from millwright.dbt_docs import describe
        from millwright.dbt_runner import build
        from millwright.tables import anything_loaded

        if not anything_loaded():
            return {"reason": "Nothing has been loaded yet."}
        asked = params or {}
        built = build(asked.get("select"), full_refresh=bool(asked.get("full_refresh")))
        yield Metadata(MARTS, extra=built)
        if not (run_id or "").startswith("asset_triggered"):  # those are many, and none of them changes a model
            built["docs"] = describe()
        return built

    dbt_build()


dbt_transformations()
