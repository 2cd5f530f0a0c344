"""Holds each champion against the data since it was trained, keeps the reports, and asks for a training when it is due.

- **Safe to run again**: one row per model version and window.
- **What wakes it**: the clock, daily at 06:00, after the predictions. By hand the form takes the specs.

One mapped task for each spec that has a champion: reports of drift and data quality go to the version's run in MLflow
(`monitoring/`), live scores and what breached to `ml.monitoring`. When 2 of the last 5 windows breach and the newest
does, the asset `retrain` starts `ml_model_training`; it is asked for again each day until a new champion stands, and a
training on unchanged data does nothing.

Last, `weekly_report` mails the plant's executive report of the newest whole week, once; without a mail server it is
only written. `millwright dashboards report` does the same by hand.

- **When it fails**: the log of the mapped task names the spec; clear it. A window is judged from stored rows, so
  nothing is lost by waiting. `millwright models monitor` does the same by hand.
"""

from typing import Any

from airflow.sdk import CronTriggerTimetable, Metadata, TriggerRule, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, RETRAIN, RETRAIN_IF_DUE, names, within
from airflow_dags.links import DRIFT, RUN, dashboard, linked
from airflow_dags.refreshed import refreshed


@dag(
    schedule=CronTriggerTimetable("0 6 * * *", timezone="UTC"),
    tags=["ml"],
    doc_md=__doc__,
    params={"specs": names("Specs", "Names; none means all that have a champion.")},
    deadline=within(minutes=120),
    **DEFAULTS,
)
def reports() -> None:
    @task
    def specs(params: dict[str, Any] | None = None) -> list[str]:
        from ml.predictions.champion import with_champion

        return list(params["specs"]) if params and params["specs"] else with_champion()

    @linked(DRIFT, RUN, outlets=[RETRAIN_IF_DUE], max_active_tis_per_dagrun=1, pool=HEAVY)
    def monitor(spec: str) -> Any:
        from ml.monitoring.run import run

        found = run(spec)
        if found["retrain"]:
            yield Metadata(RETRAIN, extra={"spec": spec, **found["windows"][-1]}, alias=RETRAIN_IF_DUE)
        return found

    @linked(dashboard("data_platform"), trigger_rule=TriggerRule.ALL_DONE, pool=HEAVY)
    def refresh_marts(specs: list[str] | None, done: Any) -> dict[str, Any]:
        return refreshed("stg_ml_monitoring+", specs, done, "monitored")

    @task(trigger_rule=TriggerRule.ALL_DONE)
    def weekly_report() -> dict[str, Any]:
        from dashboards.report.run import send_once

        return send_once()

    found = specs()
    refresh_marts(found, monitor.expand(spec=found)) >> weekly_report()


reports()
