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
    lower_95 as lower_bound_95,
    upper_95 as upper_bound_95,
    crossing_probability,
    crossing_limit,
    crossing_severity,
    crossing_time,
    made_at
from {{ source('ml', 'forecasts') }}
