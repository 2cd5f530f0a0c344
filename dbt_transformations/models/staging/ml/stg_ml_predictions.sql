with source as (

    select * from {{ source('ml', 'predictions') }}

),

final as (

    select
        prediction_id,
        model_name,
        model_version,
        equipment_id,
        data_watermark,
        horizon_hours,
        probability,
        threshold,
        predicted,
        factors,
        factors -> 0 ->> 'feature' as top_factor,
        predicted_at
    from source

)

select * from final
