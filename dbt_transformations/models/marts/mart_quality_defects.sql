{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'shift_date'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_changes(['int_quality_aggregates']) }}",
        "{{ affected_days(ref('int_quality_aggregates')) }}"
    ],
    indexes=[{'columns': ['equipment_id', 'shift_date']}, {'columns': ['shift_date']}]
) }}

-- depends_on: {{ ref('dim_equipment') }}
with aggregates as (

    select aggregates.*
    from {{ ref('int_quality_aggregates') }} as aggregates
    {{ of_affected('aggregates', ['equipment_id', 'shift_date']) }}

),

final as (

    select
        equipment_id,
        plant_id,
        product_id,
        shift_date,
        result as severity,
        defect_type,
        sum(inspections)::bigint as defects
    from aggregates
    where result != 'Good'
    group by equipment_id, plant_id, product_id, shift_date, result, defect_type

)

select * from final
