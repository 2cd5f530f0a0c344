"""Takes what lands in the lake to the marts within a minute, for as long as something comes.

- **Safe to run again**: an idle plant starts no run.
- **What wakes it**: the asset `bronze`, when the sink has published.

The first event starts a run; it keeps Spark and dbt warm and works in micro-batches until nothing has come for
`MILLWRIGHT_MICRO_BATCH_IDLE_SECONDS`, or an hour is over. What comes later is the next run's. It builds the models
tagged `near_real_time`; the others, and all tests, are left to `dbt_transformations`.

- **When it fails**: the task's log names the step; the next run makes good what this one left, and so does the hourly
  `streaming_to_batch_etl`. More in docs/near-real-time.md.
"""

from typing import Any

from airflow.sdk import dag, task

from airflow_dags.assets import BRONZE, DEFAULTS, within


@dag(schedule=[BRONZE], tags=["etl", "streaming"], doc_md=__doc__, deadline=within(minutes=90), **DEFAULTS)
def near_real_time() -> None:
    # Not of the pool `heavy`: while a plant is at work it never ends. Its steps and theirs take turns by themselves.
    @task
    def micro_batches() -> dict[str, Any]:
        from spark_jobs.micro_batches import follow

        return follow()

    micro_batches()


near_real_time()
