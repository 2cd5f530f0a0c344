{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'event_time'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_loads({'production_metrics': 'dim_equipment', 'equipment_assets': 'dim_equipment'}) }}",
        "{{ affected_moments('production_metrics', ref('stg_production_metrics')) }}"
    ],
    post_hook="{{ tell_changes('event_time', \"event_time + interval '1 day'\") }}",
    indexes=[
        {'columns': ['equipment_id', 'event_time', 'product_id'], 'unique': True},
        {'columns': ['event_time'], 'type': 'brin'},
    ]
) }}

-- depends_on: {{ ref('stg_equipment_assets') }}
with intervals as (

    select intervals.*
    from {{ ref('stg_production_metrics') }} as intervals
    {{ of_affected('intervals', ['equipment_id', 'event_time']) }}

),

equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_key,
        intervals.equipment_id,
        intervals.event_time,
        intervals.event_time + intervals.interval_seconds * interval '1 second' as ended_at,
        intervals.interval_seconds,
        intervals.product_id,
        intervals.ideal_cycle_time,
        intervals.units,
        intervals.good_units
    from intervals
    inner join equipment
        on {{ was_in_force_at('intervals') }}

)

select * from final
