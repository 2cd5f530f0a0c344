select
    monitoring_id,
    model_name,
    model_version,
    window_start,
    window_end,
    data_watermark,
    current_rows,
    drift_share,
    drifted,
    judged,
    scores,
    breached,
    retrain,
    reasons,
    monitored_at
from {{ source('ml', 'monitoring') }}
