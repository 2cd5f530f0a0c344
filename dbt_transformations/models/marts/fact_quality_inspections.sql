{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'event_time'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_loads({'quality_inspections': 'dim_equipment', 'equipment_assets': 'dim_equipment'}) }}",
        "{{ affected_moments('quality_inspections', ref('stg_quality_inspections')) }}"
    ],
    post_hook="{{ tell_changes('event_time') }}",
    indexes=[
        {'columns': ['equipment_id', 'event_time', 'inspection_id'], 'unique': True},
        {'columns': ['event_time'], 'type': 'brin'},
    ]
) }}

-- depends_on: {{ ref('stg_equipment_assets') }}
with inspections as (

    select inspections.*
    from {{ ref('stg_quality_inspections') }} as inspections
    {{ of_affected('inspections', ['equipment_id', 'event_time']) }}

),

equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_key,
        inspections.equipment_id,
        inspections.event_time,
        inspections.inspection_id,
        inspections.product_id,
        inspections.lot_id,
        inspections.result,
        inspections.defect_type,
        inspections.result = 'Good' as is_good,
        inspections.process_temperature,
        inspections.process_pressure,
        inspections.process_speed,
        inspections.material_batch,
        inspections.material_hardness,
        inspections.ambient_temperature,
        inspections.ambient_humidity,
        inspections.operator_id,
        inspections.operator_experience
    from inspections
    inner join equipment
        on {{ was_in_force_at('inspections') }}

)

select * from final
