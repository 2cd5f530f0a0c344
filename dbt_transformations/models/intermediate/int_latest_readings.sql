{{ config(tags=['near_real_time'], indexes=[{'columns': ['equipment_id'], 'unique': True}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_id,
        first.event_time as first_reading_time,
        latest.event_time as last_reading_time,
        {{ each_channel('sensor_readings', 'latest.{c}') }}
    from equipment
    inner join lateral (
        select readings.*
        from {{ ref('fact_sensor_readings') }} as readings
        where readings.equipment_id = equipment.equipment_id
        order by readings.event_time desc
        limit 1
    ) as latest on true
    inner join lateral (
        select readings.event_time
        from {{ ref('fact_sensor_readings') }} as readings
        where readings.equipment_id = equipment.equipment_id
        order by readings.event_time
        limit 1
    ) as first on true
    where equipment.is_current

)

select * from final
