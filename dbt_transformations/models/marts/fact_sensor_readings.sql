{{ config(
    tags=['near_real_time'],
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'event_time'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_loads({'sensor_readings': 'dim_equipment', 'equipment_assets': 'dim_equipment'}) }}",
        "{{ affected_moments('sensor_readings', ref('stg_sensor_readings')) }}"
    ],
    indexes=[
        {'columns': ['equipment_id', 'event_time'], 'unique': True},
        {'columns': ['event_time'], 'type': 'brin'},
    ]
) }}

-- depends_on: {{ ref('stg_equipment_assets') }}
with readings as (

    select readings.*
    from {{ ref('stg_sensor_readings') }} as readings
    {{ of_affected('readings', ['equipment_id', 'event_time']) }}

),

equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_key,
        readings.equipment_id,
        readings.event_time,
        {{ each_channel('sensor_readings', 'readings.{c}') }},
        readings.outlier_channels
    from readings
    inner join equipment
        on {{ was_in_force_at('readings') }}

)

select * from final
