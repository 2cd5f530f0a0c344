{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'starts_at'],
    pre_hook=[
        "{{ take_up_changes([
            'fact_quality_inspections', 'int_equipment_watch', 'dim_equipment', 'dim_plant', 'dim_shift'
        ]) }}",
        "{{ affected_shifts() }}"
    ],
    post_hook="{{ tell_changes('starts_at') }}",
    indexes=[{'columns': ['equipment_id', 'starts_at']}, {'columns': ['equipment_id', 'shift_date']}]
) }}

with equipment_shifts as (

    select * from {{ equipment_shifts() }} as own

),

inspected as (

    select
        equipment_shifts.*,
        inspections.product_id,
        inspections.result,
        inspections.defect_type
    from equipment_shifts
    inner join lateral (
        select within.*
        from {{ ref('fact_quality_inspections') }} as within
        where
            within.equipment_id = equipment_shifts.equipment_id
            and within.event_time >= equipment_shifts.since
            and within.event_time < equipment_shifts.until
        offset 0
    ) as inspections on true

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
        product_id,
        result,
        case when result != 'Good' then coalesce(defect_type, 'Unknown') end as defect_type,
        count(*) as inspections
    from inspected
    group by
        equipment_id, plant_id, shift_key, shift, shift_date, starts_at, ends_at, product_id, result,
        case when result != 'Good' then coalesce(defect_type, 'Unknown') end

)

select * from final
