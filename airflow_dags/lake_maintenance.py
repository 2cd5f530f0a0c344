"""Proves what was landed lately, compacts small files, and drops what retention no longer keeps.

- **Safe to run again**: beside a running sink and running readers.
- **What wakes it**: the clock, daily at 03:15. By hand the form takes how many days' content to prove, and whether to
  prove only.
- **verify** proves the chain of each partition: headers of all files, content of those with records of two days.
- **compact** puts small files into files of `MILLWRIGHT_LAKE_COMPACT_RECORDS`; what they replace goes a day later.
- **expire** drops files older than `MILLWRIGHT_LAKE_RETENTION_DAYS` (0: none) that silver has read.
- **sweep** removes what no reader looks at, such as quarantine objects of a worker that was killed.
- **expire_warehouse** drops the months of raw tables that `MILLWRIGHT_WAREHOUSE_RETENTION_MONTHS` no longer keeps.
- **sweep_silver** removes silver's files that no version of the last week holds: each run replaces some.
- **When it fails**: the log of `verify` names the damaged file and what to do; nothing is compacted or dropped before
  that is mended. The other tasks go on where they stopped: clear them. More in docs/lake.md.
"""

from typing import Any

from airflow.sdk import Param, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, within


@dag(
    schedule="15 3 * * *",
    tags=["lake", "maintenance"],
    doc_md=__doc__,
    params={
        "days": Param(2, type="integer", minimum=0, title="Days", description="Content is proven of files as new."),
        "dry_run": Param(False, type="boolean", title="Dry run", description="Prove only: change nothing."),
    },
    deadline=within(minutes=120),
    **DEFAULTS,
)
def lake_maintenance() -> None:
    @task(pool=HEAVY)
    def verify(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        from streaming.lake_care.care import prove

        return prove(days=params["days"] if params else 2)

    @task(pool=HEAVY)
    def compact(params: dict[str, Any] | None = None) -> dict[str, Any]:
        from airflow.sdk.exceptions import AirflowSkipException

        from streaming.lake_care.care import compact
        from streaming.lake_care.listing import topics_of

        if params and params["dry_run"]:
            raise AirflowSkipException("A dry run: the lake has been proven, and nothing changed.")
        return {topic: done.__dict__ for topic, done in compact(topics_of()).items()}

    @task
    def expire() -> dict[str, Any]:
        from millwright.settings import settings
        from streaming.lake_care.care import expire
        from streaming.lake_care.listing import topics_of

        if not (days := settings().lake_retention_days):
            return {"reason": "MILLWRIGHT_LAKE_RETENTION_DAYS is 0: the lake keeps everything."}
        return {topic: done.__dict__ for topic, done in expire(topics_of(), days).items()}

    @task
    def sweep() -> int:
        from streaming.lake_care.care import sweep
        from streaming.lake_care.listing import topics_of

        return sweep(topics_of())

    @task
    def sweep_silver() -> dict[str, int]:
        from millwright.contracts import contracts
        from spark_jobs.silver import Silver

        found = {stream: Silver.find(contract) for stream, contract in contracts().items()}
        return {stream: silver.sweep() for stream, silver in found.items() if silver}

    @task
    def expire_warehouse() -> dict[str, Any]:
        from millwright.retention import expire_by_settings

        # The next hourly load tells dbt: it counts these rows among those that have gone.
        return {table: done.__dict__ for table, done in expire_by_settings().items()}

    verify() >> compact() >> expire() >> sweep() >> sweep_silver() >> expire_warehouse()


lake_maintenance()
