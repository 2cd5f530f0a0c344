-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    anomaly_id,
    model_name,
    model_version,
    equipment_id,
    event_time,
    channel,
    data_watermark,
    value,
    expected,
    score,
    threshold,
    is_anomaly,
    factors,
    detected_at
from {{ source('ml', 'anomalies') }}
