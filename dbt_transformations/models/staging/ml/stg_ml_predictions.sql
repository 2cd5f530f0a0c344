-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    prediction_id,
    model_name,
    model_version,
    equipment_id,
    data_watermark,
    horizon_hours,
    probability,
    threshold,
    predicted,
    factors,
    factors -> 0 ->> 'feature' as top_factor,
    predicted_at
from {{ source('ml', 'predictions') }}
