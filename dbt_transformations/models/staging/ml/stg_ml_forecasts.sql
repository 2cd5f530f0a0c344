-- Without CTEs, unlike our other models: Postgres looks through a plain view only, down to the table's indexes.
select
    forecast_id,
    model_name,
    model_version,
    equipment_id,
    channel,
    data_watermark,
    forecast_time,
    value,
    lower as lower_bound,
    upper as upper_bound,
    made_at
from {{ source('ml', 'forecasts') }}
