"""At a glance: what fires, what answers, and how old what people see is."""

from __future__ import annotations

from infra.monitoring.grafana.panel import Ask, Drawn

OVERVIEW = (
    Drawn(
        "Alerts that fire",
        (Ask('count by (alertname, severity) (ALERTS{alertstate="firing"})', "{{alertname}} ({{severity}})"),),
        kind="stat",
        limits=(1,),
        about="Nothing here means that nothing fires. What to do: docs/watch-it.md, When an alert fires.",
    ),
    Drawn(
        "Services that answer",
        (Ask("millwright_service_up", "{{service}}"), Ask("max by (job) (up)", "{{job}}")),
        kind="stat",
        limits=(1,),
        bad="below",
        about="1: it answers as it should.",
    ),
    Drawn(
        "Records that wait in Kafka",
        (Ask("millwright_stream_lag_records", "{{topic}}"),),
        about="Below ten seconds of what comes it is the file being filled.",
    ),
    Drawn(
        "Age of what people see",
        (
            Ask("time() - max(millwright_load_last_timestamp_seconds)", "newest load"),
            Ask("time() - millwright_dbt_last_timestamp_seconds", "newest dbt run"),
            Ask("time() - max(millwright_predictions_last_timestamp_seconds)", "newest prediction"),
        ),
        unit="s",
    ),
    Drawn(
        "DAGs: hours since the last success",
        (
            Ask(
                '(time() - max by (dag) (millwright_dag_last_end_timestamp_seconds{state="success"})) / 3600', "{{dag}}"
            ),
        ),
        unit="h",
    ),
    Drawn(
        "Share in quarantine, 15 minutes",
        (
            Ask(
                "1 - sum by (topic) (rate(millwright_sink_accepted_records_total[15m]))"
                " / (sum by (topic) (rate(millwright_sink_consumed_records_total[15m])) > 0)",
                "{{topic}}",
            ),
        ),
        unit="percentunit",
    ),
    Drawn(
        "Room on the disks",
        (Ask("millwright_disk_free_bytes / millwright_disk_size_bytes", "{{folder}}"),),
        unit="percentunit",
    ),
    Drawn("Memory by process", (Ask("process_resident_memory_bytes", "{{job}} {{instance}}"),), unit="bytes"),
)
