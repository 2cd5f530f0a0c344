{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'starts_at'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_changes(['int_downtime_by_shift']) }}",
        "{{ affected_shift_starts([ref('int_downtime_by_shift')]) }}"
    ],
    indexes=[{'columns': ['equipment_id', 'starts_at']}, {'columns': ['shift_date']}]
) }}

-- depends_on: {{ ref('dim_equipment') }}
with parts as (

    select downtime.*
    from {{ ref('int_downtime_by_shift') }} as downtime
    {{ of_affected('downtime', ['equipment_id', 'starts_at']) }}

),

final as (

    select
        equipment_id,
        plant_id,
        shift_key,
        shift,
        shift_date,
        starts_at,
        category,
        coalesce(reason, 'unknown') as reason,
        stops::bigint as stops,
        seconds
    from parts
    where is_working and category != 'running'

)

select * from final
