select
    equipment_id,
    event_time,
    product_id,
    units,
    good_units
from {{ ref('fact_production_metrics') }}
where good_units > units
