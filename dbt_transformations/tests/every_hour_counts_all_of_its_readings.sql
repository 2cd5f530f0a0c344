-- Hours whose count differs from their readings; hours with readings of a load not yet taken up are left out.
with counted as (

    select
        readings.equipment_id,
        date_trunc('hour', readings.event_time, 'UTC') as hour,
        count(*) as reading_count,
        bool_and(applied.load_id is not null) as is_complete
    from {{ ref('stg_sensor_readings') }} as readings
    left join {{ source('platform', 'applied_loads') }} as applied
        on readings._load_id = applied.load_id and applied.model = 'int_equipment_metrics_hourly'
    group by 1, 2

)

select
    counted.equipment_id,
    counted.hour,
    counted.reading_count,
    hourly.reading_count as hourly_count
from counted
left join {{ ref('int_equipment_metrics_hourly') }} as hourly
    on counted.equipment_id = hourly.equipment_id and counted.hour = hourly.hour
where counted.is_complete and counted.reading_count is distinct from hourly.reading_count
