{{ config(post_hook="{{ tell_reference() }}", indexes=[{'columns': ['plant_id'], 'unique': True}]) }}

with plants as (

    select * from {{ source('reference', 'plants') }}

),

final as (

    select
        plants.plant_id,
        plants.name as plant_name,
        plants.timezone,
        case
            when exists (
                select 1 from {{ source('reference', 'shifts') }} as shifts
                where shifts.plant_id = plants.plant_id
            ) then plants.plant_id
            else '*'
        end as calendar
    from plants

)

select * from final
