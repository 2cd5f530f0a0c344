{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'starts_at'],
    pre_hook=[
        "{{ take_up_changes([
            'fact_production_metrics', 'int_equipment_watch', 'dim_equipment', 'dim_plant', 'dim_shift'
        ]) }}",
        "{{ affected_shifts() }}"
    ],
    post_hook="{{ tell_changes('starts_at') }}",
    indexes=[{'columns': ['equipment_id', 'starts_at']}]
) }}

with equipment_shifts as (

    select * from {{ equipment_shifts() }} as own

),

-- An interval that lies in two shifts counts in each by its time there. It lasts a day at most.
parts as (

    select
        equipment_shifts.*,
        intervals.event_time,
        intervals.product_id,
        intervals.ideal_cycle_time,
        intervals.units,
        intervals.good_units,
        {{ seconds_between(
            'greatest(intervals.event_time, equipment_shifts.since)', 'least(intervals.ended_at, equipment_shifts.until)'
        ) }} / intervals.interval_seconds as share
    from equipment_shifts
    inner join lateral (
        select within.*
        from {{ ref('fact_production_metrics') }} as within
        where
            within.equipment_id = equipment_shifts.equipment_id
            and within.event_time < equipment_shifts.until
            and within.event_time > equipment_shifts.since - interval '1 day'
            and within.ended_at > equipment_shifts.since
        offset 0
    ) as intervals on true

),

-- Summed in the order of the intervals, so that the same rows give the same bits.
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
        product_id,
        count(*) as intervals,
        sum(units * share order by event_time, since) as units,
        sum(good_units * share order by event_time, since) as good_units,
        sum(ideal_cycle_time * units * share order by event_time, since) as ideal_seconds
    from parts
    group by equipment_id, plant_id, shift_key, shift, shift_date, starts_at, ends_at, is_working, product_id

)

select * from final
