{{ config(
    pre_hook="{{ remember_rows() }}",
    post_hook="{{ tell_clocks() }}",
    indexes=[{'columns': ['equipment_id'], 'unique': True}]
) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

-- An interval lasts a day at most, so the one that ends last is among those of the last day.
production as (

    select
        equipment.equipment_id,
        (
            select min(intervals.event_time) from {{ ref('fact_production_metrics') }} as intervals
            where intervals.equipment_id = equipment.equipment_id
        ) as first_at,
        (
            select max(intervals.ended_at) from {{ ref('fact_production_metrics') }} as intervals
            where
                intervals.equipment_id = equipment.equipment_id
                and intervals.event_time > (
                    select max(newest.event_time) from {{ ref('fact_production_metrics') }} as newest
                    where newest.equipment_id = equipment.equipment_id
                ) - interval '1 day'
        ) as last_at
    from equipment

),

moments as (

    select
        equipment_id,
        first_reading_time as first_at,
        last_reading_time as last_at
    from {{ ref('int_latest_readings') }}
    union all
    select
        equipment.equipment_id,
        (
            select min(events.event_time) from {{ ref('fact_equipment_events') }} as events
            where events.equipment_id = equipment.equipment_id
        ) as first_at,
        (
            select max(events.event_time) from {{ ref('fact_equipment_events') }} as events
            where events.equipment_id = equipment.equipment_id
        ) as last_at
    from equipment
    union all
    select
        equipment.equipment_id,
        (
            select min(inspections.event_time) from {{ ref('fact_quality_inspections') }} as inspections
            where inspections.equipment_id = equipment.equipment_id
        ) as first_at,
        (
            select max(inspections.event_time) from {{ ref('fact_quality_inspections') }} as inspections
            where inspections.equipment_id = equipment.equipment_id
        ) as last_at
    from equipment
    union all
    select
        equipment_id,
        first_at,
        last_at
    from production

),

final as (

    select
        equipment_id,
        min(first_at) as first_heard_at,
        max(last_at) as last_heard_at
    from moments
    where first_at is not null
    group by equipment_id

)

select * from final
