-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    quality_prediction_id,
    model_name,
    model_version,
    equipment_id,
    event_time,
    inspection_id,
    product_id,
    data_watermark,
    defect_probability,
    threshold,
    predicted,
    defect_type,
    result,
    probabilities,
    factors,
    predicted_at
from {{ source('ml', 'quality_predictions') }}
