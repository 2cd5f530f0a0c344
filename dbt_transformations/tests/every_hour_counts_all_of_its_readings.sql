-- Hours of recent loads whose count differs from their readings; hours with readings of a load not yet taken up are
-- left out. `offset 0` keeps the planner to one look-up by index for each hour.
with touched as (

    select distinct
        equipment_id,
        date_trunc('hour', event_time, 'UTC') as hour
    from {{ ref('stg_sensor_readings') }}
    where {{ recently_loaded() }}

),

counted as (

    select
        touched.equipment_id,
        touched.hour,
        count(*) as reading_count,
        bool_and(applied.load_id is not null) as is_complete
    from touched
    inner join lateral (
        select within.*
        from {{ ref('stg_sensor_readings') }} as within
        where
            within.equipment_id = touched.equipment_id
            and within.event_time >= touched.hour
            and within.event_time < touched.hour + interval '1 hour'
        offset 0
    ) as readings on true
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
