-- Facts of the last days whose reading is gone. Only when every load is taken up: a load may have deleted it just now.
select
    facts.equipment_id,
    facts.event_time
from {{ ref('fact_sensor_readings') }} as facts
left join {{ ref('stg_sensor_readings') }} as readings
    on facts.equipment_id = readings.equipment_id and facts.event_time = readings.event_time
where
    readings.equipment_id is null
    and facts.event_time > (
        select max(newest.last_reading_time) - interval '{{ var("tested_days") }} days'
        from {{ ref('int_latest_readings') }} as newest
    )
    and not exists (
        select 1
        from {{ source('platform', 'loads') }} as loads
        where
            loads.table_name = 'sensor_readings'
            and not exists (
                select 1
                from {{ source('platform', 'applied_loads') }} as applied
                where applied.model = 'fact_sensor_readings' and applied.load_id = loads.load_id
            )
    )
