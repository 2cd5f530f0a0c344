-- Readings of recent loads that the fact table has taken up, and that it does not hold.
select
    readings.equipment_id,
    readings.event_time,
    readings._load_id
from {{ ref('stg_sensor_readings') }} as readings
inner join {{ source('platform', 'applied_loads') }} as applied
    on readings._load_id = applied.load_id and applied.model = 'fact_sensor_readings'
left join {{ ref('fact_sensor_readings') }} as facts
    on readings.equipment_id = facts.equipment_id and readings.event_time = facts.event_time
where facts.equipment_id is null and {{ recently_loaded('readings._load_id') }}
