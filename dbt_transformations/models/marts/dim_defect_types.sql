{{ config(indexes=[{'columns': ['defect_type'], 'unique': True}]) }}

with defect_types as (

    select * from {{ source('reference', 'defect_types') }}

),

final as (

    select
        defect_type,
        severity,
        description
    from defect_types

)

select * from final
