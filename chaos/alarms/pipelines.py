"""What goes wrong with runs: they fail, hang or do not come. Hours are made by making old what the tables say."""

from __future__ import annotations

from chaos.alarms.scene import Scene, change, change_airflow, send

_ETL = "streaming_to_batch_etl"


def failed(scene: Scene) -> None:
    """A row of a fact is deleted by hand: a test of dbt fails, and its run with it, once it is tried no more."""
    change("delete from marts.fact_sensor_readings where ctid = (select min(ctid) from marts.fact_sensor_readings)")
    run_id = scene.airflow.trigger("dbt_transformations")
    scene.fires("MillwrightDbtFailed", "a reading was deleted from its fact table")
    scene.airflow.give_up("dbt_transformations", run_id)
    scene.fires("MillwrightRunFailed", "that run of dbt_transformations is given up")
    scene.let("dbt_transformations", full_refresh=True)
    scene.is_over("MillwrightRunFailed", "a full refresh has succeeded")
    scene.is_over("MillwrightDbtFailed", "it has brought the reading back")


def late(scene: Scene) -> None:
    """The hourly run has not come for four hours, and records have."""
    change_airflow(f"update dag_run set end_date = end_date - interval '4 hours' where dag_id = '{_ETL}'")
    scene.fires("MillwrightPipelineLate", f"the newest {_ETL} ended four hours ago")
    change("update platform.loads set loaded_at = loaded_at - interval '4 hours'")
    scene.fires("MillwrightWarehouseStale", "so did the newest load, and records have come")
    with scene.running("sink", "run"):
        send(10)
        scene.let(_ETL)
    scene.is_over("MillwrightPipelineLate", "it has succeeded")
    scene.is_over("MillwrightWarehouseStale", "it has loaded what had come")


def stuck(scene: Scene) -> None:
    """The scheduler is gone in mid-run, for four hours."""
    scene.airflow.trigger(_ETL)
    scene.watched.until(f'millwright_dag_running_since_timestamp_seconds{{dag="{_ETL}"}}')
    scene.stack.stop("airflow-scheduler")
    change_airflow("update dag_run set start_date = start_date - interval '4 hours' where state = 'running'")
    scene.fires("MillwrightRunStuck", f"a run of {_ETL} has been under way for four hours: no scheduler runs")
    scene.stack.start("airflow-scheduler")
    scene.is_over("MillwrightRunStuck", "the scheduler runs again, and has finished it")
