{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'entered_at'],
    pre_hook=["{{ take_up_changes(['fact_equipment_events']) }}", "{{ affected_states() }}"],
    post_hook=["{{ reach_to_the_new_ends() }}", "{{ tell_changes('entered_at', 'left_at') }}"],
    indexes=[
        {'columns': ['equipment_id', 'entered_at'], 'unique': True},
        {'columns': ['entered_at'], 'type': 'brin'},
    ]
) }}

-- depends_on: {{ ref('dim_equipment') }}
with states as (

    select
        events.equipment_id,
        events.event_time,
        events.kind,
        events.reason,
        events.planned,
        events.code,
        events.component
    from {{ ref('fact_equipment_events') }} as events
    {% if is_incremental() %}
        inner join affected
            on events.equipment_id = affected.equipment_id and events.event_time = affected.entered_at
    {% endif %}
    where events.kind in {{ lasting_states() }}

),

-- One state a moment.
entered as (

    select distinct on (equipment_id, event_time)
        equipment_id,
        event_time as entered_at,
        kind,
        reason,
        planned
    from states
    order by equipment_id, event_time, {{ worst_state_first() }}

),

final as (

    select
        entered.equipment_id,
        entered.entered_at,
        next_states.event_time as left_at,
        entered.kind,
        entered.reason,
        coalesce(entered.planned, false) as is_planned,
        case
            when entered.kind in ('down', 'idle') and entered.planned then 'planned_down'
            when entered.kind = 'down' then 'unplanned_down'
            else entered.kind
        end as category
    from entered
    left join lateral (
        select later.event_time
        from {{ ref('fact_equipment_events') }} as later
        where
            later.equipment_id = entered.equipment_id
            and later.event_time > entered.entered_at
            and later.kind in {{ lasting_states() }}
        order by later.event_time
        limit 1
    ) as next_states on true

)

select * from final
