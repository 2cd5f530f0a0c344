{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'starts_at'],
    pre_hook=[
        "{{ take_up_changes([
            'int_equipment_states', 'int_equipment_watch', 'dim_equipment', 'dim_plant', 'dim_shift'
        ]) }}",
        "{{ affected_shifts() }}"
    ],
    post_hook="{{ tell_changes('starts_at') }}",
    indexes=[{'columns': ['equipment_id', 'starts_at']}]
) }}

with equipment_shifts as (

    select * from {{ equipment_shifts() }} as own

),

watch as (

    select * from {{ ref('int_equipment_watch') }}

),

-- Each state's part within the shift. `offset 0` keeps the planner to one look-up by index for each shift.
parts as (

    select
        equipment_shifts.*,
        states.kind,
        states.is_planned,
        states.category,
        states.reason,
        states.entered_at >= equipment_shifts.since as begins,
        greatest(states.entered_at, equipment_shifts.since) as part_since,
        least(states.left_at, equipment_shifts.until, watch.last_heard_at) as part_until
    from equipment_shifts
    inner join watch on equipment_shifts.equipment_id = watch.equipment_id
    inner join lateral (
        select within.*
        from {{ ref('int_equipment_states') }} as within
        where
            within.equipment_id = equipment_shifts.equipment_id
            and within.entered_at < equipment_shifts.until
            and within.entered_at >= coalesce(
                (
                    select max(before.entered_at) from {{ ref('int_equipment_states') }} as before
                    where
                        before.equipment_id = equipment_shifts.equipment_id
                        and before.entered_at <= equipment_shifts.since
                ), '-infinity'
            )
        offset 0
    ) as states on true

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
        category,
        reason,
        min(kind) as state,
        count(*) filter (where begins) as stops,
        sum(extract(epoch from part_until - part_since))::double precision as seconds
    from parts
    where part_since < part_until
    group by
        equipment_id, plant_id, shift_key, shift, shift_date, starts_at, ends_at, is_working, category, reason

)

select * from final
