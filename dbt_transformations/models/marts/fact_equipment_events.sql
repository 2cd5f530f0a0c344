{{ config(
    tags=['near_real_time'],
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'event_time'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_loads({'equipment_events': 'dim_equipment', 'equipment_assets': 'dim_equipment'}) }}",
        "{{ affected_moments('equipment_events', ref('stg_equipment_events')) }}"
    ],
    post_hook="{{ tell_changes('event_time') }}",
    indexes=[{'columns': ['equipment_id', 'event_time']}, {'columns': ['event_time']}]
) }}

-- depends_on: {{ ref('stg_equipment_assets') }}
with events as (

    select events.*
    from {{ ref('stg_equipment_events') }} as events
    {{ of_affected('events', ['equipment_id', 'event_time']) }}

),

equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_key,
        events.equipment_id,
        events.event_time,
        events.kind,
        events.reason,
        events.planned,
        events.code,
        events.component
    from events
    inner join equipment
        on {{ was_in_force_at('events') }}

)

select * from final
