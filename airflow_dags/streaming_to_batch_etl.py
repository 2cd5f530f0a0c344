"""Lands what Kafka holds in the lake, cleanses it to silver and loads it to schema `raw`.

| every hour, or by hand | late data is taken by the next run | safe to run again |

- **kafka_to_lake** makes sure that everything sent before it started is in bronze. Where the sink runs as a
  service it waits for it; where none does, it runs the sink itself.
- **cleanse** reads the new bronze files (Spark) and rewrites the silver dates they touch.
- **load** takes the changed silver dates to Postgres and, if a row changed, wakes `dbt_transformations`.

**When it fails**: `millwright status` shows which part is down, `millwright up` heals it; then clear the task.
Nothing is lost or doubled by a run that was killed: each step goes on from what it last committed.
"""

from typing import Any

from airflow.sdk import Metadata, dag, task

from airflow_dags.assets import DEFAULTS, RAW, RAW_IF_CHANGED


@dag(schedule="@hourly", tags=["etl", "streaming"], doc_md=__doc__, **DEFAULTS)
def streaming_to_batch_etl() -> None:
    @task
    def kafka_to_lake() -> dict[str, Any]:
        from streaming.sink.once import land

        return land()

    @task
    def cleanse() -> list[dict[str, Any]]:
        from millwright.contracts import contracts
        from spark_jobs.cleanse import cleanse_new
        from spark_jobs.engine import Engine

        with Engine() as engine:
            return [cleanse_new(stream, engine).as_dict() for stream in contracts()]

    @task(outlets=[RAW_IF_CHANGED])
    def load() -> Any:
        from millwright.contracts import contracts
        from spark_jobs.load import load_new

        loads = [load_new(stream).as_dict() for stream in contracts()]
        if any(each["rows_inserted"] or each["rows_updated"] or each["rows_deleted"] for each in loads):
            yield Metadata(RAW, extra={"loads": loads}, alias=RAW_IF_CHANGED)
        return loads

    kafka_to_lake() >> cleanse() >> load()


streaming_to_batch_etl()
