{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'starts_at'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_changes(['int_downtime_by_shift', 'int_production_by_shift']) }}",
        "{{ affected_shift_starts([ref('int_downtime_by_shift'), ref('int_production_by_shift')]) }}"
    ],
    indexes=[
        {'columns': ['equipment_id', 'starts_at'], 'unique': True},
        {'columns': ['shift_date']},
        {'columns': ['plant_id', 'shift_date']},
    ]
) }}

-- depends_on: {{ ref('dim_equipment') }}
with parts as (

    select downtime.*
    from {{ ref('int_downtime_by_shift') }} as downtime
    {{ of_affected('downtime', ['equipment_id', 'starts_at']) }}

),

products as (

    select production.*
    from {{ ref('int_production_by_shift') }} as production
    {{ of_affected('production', ['equipment_id', 'starts_at']) }}

),

time_by_shift as (

    select
        equipment_id,
        shift_key,
        sum(seconds::numeric)::double precision as observed_seconds,
        {{ seconds_in('running') }} as running_seconds,
        {{ seconds_in('idle') }} as idle_seconds,
        {{ seconds_in('setup') }} as setup_seconds,
        {{ seconds_in('planned_down') }} as planned_down_seconds,
        {{ seconds_in('unplanned_down') }} as unplanned_down_seconds,
        coalesce(sum(stops) filter (where category = 'unplanned_down'), 0) as unplanned_stops
    from parts
    group by equipment_id, shift_key

),

-- What most of the unplanned downtime was for.
top_reasons as (

    select distinct on (equipment_id, shift_key)
        equipment_id,
        shift_key,
        reason
    from parts
    where category = 'unplanned_down'
    order by equipment_id asc, shift_key asc, seconds desc, reason asc

),

made_by_shift as (

    select
        equipment_id,
        shift_key,
        sum(units order by product_id, plant_id) as units,
        sum(good_units order by product_id, plant_id) as good_units,
        sum(ideal_seconds order by product_id, plant_id) as ideal_seconds
    from products
    group by equipment_id, shift_key

),

equipment_shifts as (

    {% for upstream in ('parts', 'products') %}
        select
            equipment_id,
            plant_id,
            shift_key,
            shift,
            shift_date,
            starts_at,
            ends_at,
            is_working
        from {{ upstream }}
        {{ "union" if not loop.last }}
    {% endfor %}

),

-- A machine that moved between two plants without a calendar of their own has worked in both.
placed as (

    select distinct on (equipment_id, shift_key)
        equipment_id,
        plant_id,
        shift_key,
        shift,
        shift_date,
        starts_at,
        ends_at,
        is_working
    from equipment_shifts
    order by equipment_id, shift_key, plant_id

),

summed as (

    select
        placed.*,
        coalesce(times.observed_seconds, 0) as observed_seconds,
        coalesce(times.running_seconds, 0) as running_seconds,
        coalesce(times.idle_seconds, 0) as idle_seconds,
        coalesce(times.setup_seconds, 0) as setup_seconds,
        coalesce(times.planned_down_seconds, 0) as planned_down_seconds,
        coalesce(times.unplanned_down_seconds, 0) as unplanned_down_seconds,
        coalesce(times.unplanned_stops, 0) as unplanned_stops,
        case
            when placed.is_working
                then coalesce(times.observed_seconds, 0) - coalesce(times.planned_down_seconds, 0)
            else 0
        end as planned_production_seconds,
        top_reasons.reason as top_downtime_reason,
        made.units,
        made.good_units,
        made.ideal_seconds
    from placed
    left join time_by_shift as times
        on placed.equipment_id = times.equipment_id and placed.shift_key = times.shift_key
    left join top_reasons
        on placed.equipment_id = top_reasons.equipment_id and placed.shift_key = top_reasons.shift_key
    left join made_by_shift as made
        on placed.equipment_id = made.equipment_id and placed.shift_key = made.shift_key

),

factors as (

    select
        *,
        case when planned_production_seconds > 0 then running_seconds / planned_production_seconds end as availability,
        case when running_seconds > 0 then ideal_seconds / running_seconds end as performance,
        case when units > 0 then good_units / units end as quality
    from summed

),

final as (

    select
        equipment_id,
        plant_id,
        shift_key,
        shift,
        shift_date,
        starts_at,
        ends_at,
        is_working,
        {{ seconds_between('starts_at', 'ends_at') }} as shift_seconds,
        observed_seconds,
        running_seconds,
        idle_seconds,
        setup_seconds,
        planned_down_seconds,
        unplanned_down_seconds,
        planned_production_seconds,
        unplanned_stops::bigint as unplanned_stops,
        top_downtime_reason,
        units,
        good_units,
        ideal_seconds,
        availability,
        performance,
        quality,
        -- Where time was planned and nothing good was made, OEE is 0, though a factor has nothing to divide by.
        case
            when planned_production_seconds <= 0 then null
            when running_seconds = 0 or units = 0 then 0
            else availability * performance * quality
        end::double precision as oee,
        units / nullif(planned_production_seconds, 0) * 3600 as throughput_per_hour
    from factors

)

select * from final
