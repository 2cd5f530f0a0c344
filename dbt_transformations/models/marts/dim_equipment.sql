{{ config(
    materialized='incremental',
    incremental_strategy='replace_differing',
    unique_key='equipment_key',
    on_schema_change='append_new_columns',
    tags=['near_real_time'],
    pre_hook=[
        "{{ take_up_loads({
            'equipment_assets': none, 'sensor_readings': none, 'equipment_events': none,
            'quality_inspections': none, 'production_metrics': none, 'equipment_alerts': none
        }) }}",
        "{{ remember_rows() }}"
    ],
    post_hook="{{ tell_differences('valid_from', \"coalesce(valid_to, 'infinity')\") }}",
    indexes=[{'columns': ['equipment_key'], 'unique': True}, {'columns': ['equipment_id', 'valid_from'], 'unique': True}]
) }}

with assets as (

    select * from {{ ref('stg_equipment_assets') }}

),

-- A machine may send before anybody has said what it is.
seen as (

    {{ distinct_keys(ref('stg_sensor_readings'), 'equipment_id') }}
    union
    {{ distinct_keys(ref('stg_equipment_events'), 'equipment_id') }}
    union
    {{ distinct_keys(ref('stg_quality_inspections'), 'equipment_id') }}
    union
    {{ distinct_keys(ref('stg_production_metrics'), 'equipment_id') }}
    union
    {{ distinct_keys(ref('stg_equipment_alerts'), 'equipment_id') }}

),

versions as (

    select
        equipment_id,
        equipment_name,
        equipment_type,
        model,
        plant_id,
        line_id,
        commissioned_at,
        true as is_described,
        -- What is known first is taken to hold from the beginning.
        case
            when row_number() over by_time = 1 then {{ beginning() }}
            else event_time
        end as valid_from,
        lead(event_time) over by_time as valid_to
    from assets
    window by_time as (partition by equipment_id order by event_time)
    union all
    select
        seen.equipment_id,
        seen.equipment_id as equipment_name,
        null as equipment_type,
        null as model,
        null as plant_id,
        null as line_id,
        null as commissioned_at,
        false as is_described,
        {{ beginning() }} as valid_from,
        null as valid_to
    from seen
    where
        not exists (select 1 from assets where assets.equipment_id = seen.equipment_id)
        and seen.equipment_id not like 'platform:%'  -- alerts of the quality of data

),

final as (

    select
        {{ equipment_key('equipment_id', 'valid_from') }} as equipment_key,
        equipment_id,
        equipment_name,
        equipment_type,
        model,
        plant_id,
        line_id,
        commissioned_at,
        valid_from,
        valid_to,
        valid_to is null as is_current,
        is_described
    from versions

)

select * from final
