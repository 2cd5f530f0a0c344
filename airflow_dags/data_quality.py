"""Measures the data's quality, keeps its trend in the marts, and tells of breaches.

- **Safe to run again**: only what is new is counted.
- **What wakes it**: the asset `marts`, and the clock at 50 past each hour.
- **measure** counts the records that came to bronze and silver since the last run, by stream and hour. A run that
  `marts` woke less than five minutes after another does nothing: a busy plant is not measured all the time.
- **refresh_marts** builds and tests `mart_data_quality`, `mart_data_freshness`, `mart_pipeline_runs` and
  `mart_platform_health`.
- **raise_alerts** sends each breach of `contracts/reference/quality_rules.yml` to `equipment-alerts`, once, and once
  more that it is over.
- **When it fails**: the log names the file of the lake, the rule or the test, and what to do; then clear the task.
  Nothing is counted or told twice by that. `millwright quality` shows the breaches; what each calls for is in
  docs/data-quality.md.
"""

from typing import Any

from airflow.sdk import AssetOrTimeSchedule, CronTriggerTimetable, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, MARTS, within
from airflow_dags.links import dashboard, linked


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable("50 * * * *", timezone="UTC"), assets=MARTS),
    tags=["quality"],
    doc_md=__doc__,
    deadline=within(minutes=60),
    **DEFAULTS,
)
def data_quality() -> None:
    @task
    def measure(run_id: str | None = None) -> Any:
        from quality.run import count

        return count(least_minutes=5 if (run_id or "").startswith("asset_triggered") else 0)

    @linked(dashboard("data_platform"), pool=HEAVY)
    def refresh_marts(measured: Any) -> dict[str, Any]:
        from quality.run import refresh

        return {"reason": "Measured less than five minutes ago."} if measured is None else refresh()

    @task
    def raise_alerts(refreshed: dict[str, Any]) -> list[dict[str, Any]]:
        from quality.alerts import raise_alerts

        # Also when this run refreshed nothing: the run that did may have been killed before it came here.
        return raise_alerts()

    raise_alerts(refresh_marts(measure()))


data_quality()
