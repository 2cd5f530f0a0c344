"""Computes days again from bronze: what a backfill of a day means here.

- **Safe to run again**: a day that comes out as it was is not written.
- **What wakes it**: the clock, daily at 04:10, for the day before: a proof that silver is what bronze gives, which
  writes only what differs. A **backfill** of this DAG, from its page or by `airflow backfill create --dag-id
  recompute_days --from-date 2026-01-01 --to-date 2026-01-30`, makes one run a day; a run by hand takes the window of
  its form.
- **recompute** computes the days' rows of silver again from the bronze files, with the outlier windows over midnight,
  and writes the dates that differ; then the features and summaries that these days bear on.
- **load** compares these days of `raw` with the lake. In a run that a person has asked for, all their rows count as
  loaded anew, so that dbt computes again the marts that they are in, and nothing else.
- **When it fails**: the log names the damaged file of bronze, or the part that is away. Put the file back from a copy
  (docs/lake.md), then clear the task, or backfill again with *Missing and errored runs*. Other days' runs go on
  meanwhile. To make everything anew: `millwright rebuild`.
"""

from typing import Any

from airflow.sdk import CronDataIntervalTimetable, Metadata, Param, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, RAW, RAW_IF_CHANGED, names, within

_DATE = {"type": ["null", "string"], "format": "date"}


@dag(
    schedule=CronDataIntervalTimetable("10 4 * * *", timezone="UTC"),
    tags=["etl", "backfill"],
    doc_md=__doc__,
    params={
        "first": Param(None, title="First day", description="None: the run's own day.", **_DATE),
        "last": Param(None, title="Last day", description="None: the first.", **_DATE),
        "streams": names("Streams", "Such as equipment-sensors; none means all."),
        "machines": names("Machines", "Their rows only; none means all."),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Only say which days differ."),
    },
    deadline=within(minutes=120),
    **DEFAULTS,
)
def recompute_days() -> None:
    @task(pool=HEAVY)
    def recompute(params: dict[str, Any] | None = None, dag_run: Any = None) -> dict[str, Any]:
        from spark_jobs.recompute.run import days, recompute_all

        asked = params or {}
        day = (dag_run.data_interval_start or dag_run.run_after).date()
        window = days(asked.get("first") or str(day), asked.get("last"))
        machines, is_dry = asked.get("machines") or (), bool(asked.get("dry_run"))
        return recompute_all(window, asked.get("streams"), machines, is_dry, again=dag_run.run_type != "scheduled")

    @task(inlets=[RAW], outlets=[RAW_IF_CHANGED], pool=HEAVY)
    def load(recomputed: dict[str, Any], *, inlet_events: Any) -> Any:
        from airflow.sdk.exceptions import AirflowSkipException

        from millwright.tables import rows_changed_since
        from spark_jobs.recompute.run import load_all

        if recomputed["dry_run"]:
            raise AirflowSkipException("A dry run: nothing has been written.")
        loads = load_all(recomputed)
        woken = [event.timestamp for event in inlet_events[RAW].limit(1).ascending(False)]
        if changed := rows_changed_since(woken[0] if woken else None):
            yield Metadata(RAW, extra={"rows": changed, "loads": loads}, alias=RAW_IF_CHANGED)
        return loads

    load(recompute())


recompute_days()
