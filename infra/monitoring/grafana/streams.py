"""Streams: what comes, what lands, what is rejected, and how far the services are behind."""

from __future__ import annotations

from infra.monitoring.grafana.panel import Ask, Drawn

STREAMS = (
    Drawn(
        "Records that come, a second",
        (Ask("rate(millwright_stream_sent_records_total[5m])", "{{topic}}"),),
        unit="reqps",
    ),
    Drawn(
        "Records that land, a second",
        (Ask("sum by (topic) (rate(millwright_sink_consumed_records_total[5m]))", "{{topic}}"),),
        unit="reqps",
    ),
    Drawn("Records that wait in Kafka", (Ask("millwright_stream_lag_records", "{{topic}}"),)),
    Drawn(
        "Silence: since the newest record",
        (Ask("time() - millwright_stream_newest_record_timestamp_seconds", "{{topic}}"),),
        unit="s",
    ),
    Drawn(
        "Silence: how long each stream may be",
        (Ask("millwright_stream_allowed_silence_seconds", "{{topic}}"),),
        unit="s",
        about="From the stream's own gaps; a stream of which too little is known is not judged.",
    ),
    Drawn(
        "Quarantined, a minute",
        (
            Ask(
                "60 * sum by (topic, reason) (rate(millwright_sink_quarantined_records_total[5m]))",
                "{{topic}}: {{reason}}",
            ),
        ),
        about="millwright quarantine ls shows them.",
    ),
    Drawn(
        "Records lost: expired in Kafka before they were landed",
        (Ask("sum by (topic) (increase(millwright_sink_gap_records_total[1h]))", "{{topic}}"),),
    ),
    Drawn(
        "From a range's last record to its file, 95 %",
        (
            Ask(
                "histogram_quantile(0.95, sum by (topic, le) (rate(millwright_sink_publish_seconds_bucket[5m]))) >= 0",
                "{{topic}}",
            ),
        ),
        unit="s",
    ),
    Drawn(
        "Files published, a minute",
        (Ask("60 * sum by (topic) (rate(millwright_sink_file_bytes_count[5m]))", "{{topic}}"),),
    ),
    Drawn(
        "Read and not yet published",
        (Ask("sum by (topic) (millwright_sink_buffered_bytes)", "{{topic}}"),),
        unit="bytes",
    ),
    Drawn(
        "Partitions that wait for a broker, registry or store",
        (Ask("sum by (topic) (millwright_sink_waiting)", "{{topic}}"),),
    ),
    Drawn(
        "Not yet judged by the alerts", (Ask("sum by (topic) (millwright_alerts_lag_records)", "alerts: {{topic}}"),)
    ),
    Drawn(
        "Not yet read by the analytics",
        (Ask("sum by (topic) (millwright_analytics_lag_records)", "analytics: {{topic}}"),),
    ),
    Drawn(
        "Alerts of machines sent, an hour",
        (
            Ask(
                "3600 * sum by (rule, severity) (rate(millwright_alerts_sent_total[15m]))",
                "{{rule}} ({{severity}})",
            ),
        ),
    ),
)
