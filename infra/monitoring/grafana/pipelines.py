"""Pipelines: runs of the DAGs, loads, cleansing, dbt and the quality of data."""

from __future__ import annotations

from infra.monitoring.grafana.panel import Ask, Drawn

PIPELINES = (
    Drawn(
        "Runs that failed, 30 days",
        (Ask('millwright_dag_runs_30d{state="failed"}', "{{dag}}"),),
        kind="stat",
        limits=(1,),
    ),
    Drawn("Runs that succeeded, 30 days", (Ask('millwright_dag_runs_30d{state="success"}', "{{dag}}"),), kind="stat"),
    Drawn("How long the newest run took", (Ask('millwright_dag_last_seconds{state="success"}', "{{dag}}"),), unit="s"),
    Drawn("How long its tasks took", (Ask("millwright_task_last_seconds", "{{dag}}: {{task}}"),), unit="s"),
    Drawn(
        "Under way since",
        (Ask("time() - millwright_dag_running_since_timestamp_seconds", "{{dag}}"),),
        unit="s",
    ),
    Drawn(
        "Rows loaded, a second",
        (Ask("sum by (table) (rate(millwright_load_rows_total[5m]))", "{{table}}"),),
        unit="rowsps",
    ),
    Drawn("Loads, an hour", (Ask("3600 * rate(millwright_load_runs_total[15m])", "{{table}}"),)),
    Drawn("Since the newest load", (Ask("time() - millwright_load_last_timestamp_seconds", "{{table}}"),), unit="s"),
    Drawn(
        "Cleansed in 24 hours, as last measured",
        (
            Ask("millwright_cleanse_records_24h", "{{stream}}: records"),
            Ask("millwright_cleanse_duplicates_24h", "{{stream}}: duplicates"),
            Ask("millwright_cleanse_outliers_24h", "{{stream}}: outliers"),
        ),
    ),
    Drawn(
        "Since silver was committed, as last measured",
        (Ask("time() - millwright_cleanse_last_timestamp_seconds", "{{stream}}"),),
        unit="s",
    ),
    Drawn(
        "dbt: the newest run",
        (Ask("millwright_dbt_last_seconds", "took"), Ask("time() - millwright_dbt_last_timestamp_seconds", "ago")),
        unit="s",
    ),
    Drawn("dbt: failed in it", (Ask("millwright_dbt_last_failed", "models and tests"),), limits=(1,)),
    Drawn("Breaches of data quality", (Ask("millwright_quality_breaches", "{{topic}} ({{severity}})"),)),
    Drawn("Size of the warehouse", (Ask("millwright_warehouse_bytes", "warehouse"),), unit="bytes"),
)
