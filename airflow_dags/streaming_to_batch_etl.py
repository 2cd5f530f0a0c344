"""Lands what Kafka holds in the lake, cleanses it, computes features and summaries, and loads all to schema `raw`.

- **Safe to run again**: late data is taken by the next run.
- **What wakes it**: the clock, every hour. By hand the form takes the streams. It works from watermarks, not from the
  run's date: one run makes good all hours that were missed. To compute a day again, see `recompute_days`.
- **kafka_to_lake** makes sure that everything sent before it started is in bronze. Where the sink runs as a service
  it waits for it; where none does, it runs the sink itself.
- **cleanse** reads the new bronze files (Spark) and rewrites the parts of silver that they touch.
- **features** computes rolling features and summaries anew where new, late or corrected rows bear on them.
- **load** takes what changed in silver and features to Postgres and wakes `dbt_transformations` if a row of `raw` has
  changed since it was last woken, be it by this run or by the micro-batches of `near_real_time`.
- **When it fails**: `millwright status` shows which part is down, `millwright up` heals it; then clear the task.
  Nothing is lost or doubled by a run that was killed: each step goes on from what it last committed.
"""

from typing import Any

from airflow.sdk import Metadata, dag, task

from airflow_dags.assets import DEFAULTS, HEAVY, RAW, RAW_IF_CHANGED, names, within


@dag(
    schedule="@hourly",
    tags=["etl", "streaming"],
    doc_md=__doc__,
    params={"streams": names("Streams", "Such as equipment-sensors; none means all.")},
    deadline=within(minutes=60),
    **DEFAULTS,
)
def streaming_to_batch_etl() -> None:
    @task
    def kafka_to_lake(params: dict[str, Any] | None = None) -> dict[str, Any]:
        from millwright.contracts import chosen
        from streaming.sink.once import land

        return land([contract.topic for contract in chosen((params or {}).get("streams"))])

    @task(pool=HEAVY)
    def cleanse(params: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        from millwright.contracts import chosen
        from millwright.turns import one_at_a_time
        from spark_jobs.cleanse import cleanse_new
        from spark_jobs.engine import Engine

        streams = [contract.stream for contract in chosen((params or {}).get("streams"))]
        with one_at_a_time("cleanse"), Engine() as engine:
            return [cleanse_new(stream, engine).as_dict() for stream in streams]

    @task(pool=HEAVY)
    def features() -> list[dict[str, Any]]:
        from millwright.turns import one_at_a_time
        from spark_jobs.features import compute_new

        with one_at_a_time("features"):
            return [result.as_dict() for result in compute_new()]

    @task(inlets=[RAW], outlets=[RAW_IF_CHANGED], pool=HEAVY)
    def load(*, inlet_events: Any) -> Any:
        from millwright.derived import raw_tables
        from millwright.tables import rows_changed_since
        from spark_jobs.load import load_new

        loads = [load_new(name, wait_seconds=600).as_dict() for name in raw_tables()]
        woken = [event.timestamp for event in inlet_events[RAW].limit(1).ascending(False)]
        if changed := rows_changed_since(woken[0] if woken else None):
            yield Metadata(RAW, extra={"rows": changed, "loads": loads}, alias=RAW_IF_CHANGED)
        return loads

    kafka_to_lake() >> cleanse() >> features() >> load()


streaming_to_batch_etl()
