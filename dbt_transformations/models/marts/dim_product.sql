{{ config(indexes=[{'columns': ['product_id'], 'unique': True}]) }}

with products as (

    select * from {{ source('reference', 'products') }}

),

final as (

    select
        product_id,
        name as product_name,
        ideal_cycle_time
    from products

)

select * from final
