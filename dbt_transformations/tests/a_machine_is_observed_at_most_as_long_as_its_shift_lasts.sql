select
    equipment_id,
    shift_key,
    observed_seconds,
    shift_seconds
from {{ ref('mart_production_kpis') }}
where observed_seconds > shift_seconds + 0.001
