{{ config(indexes=[{'columns': ['equipment_id'], 'unique': True}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}

),

final as (

    select
        equipment.equipment_id,
        latest.prediction_id,
        latest.model_name,
        latest.model_version,
        latest.data_watermark,
        latest.horizon_hours,
        latest.probability,
        latest.threshold,
        latest.predicted,
        latest.factors,
        latest.top_factor,
        latest.predicted_at,
        case
            when latest.probability > {{ var('critical_probability') }} then 'Critical'
            when latest.probability > {{ var('warning_probability') }} then 'Warning'
            else 'Normal'
        end as health_status
    from equipment
    inner join lateral (
        select predictions.*
        from {{ ref('stg_ml_predictions') }} as predictions
        where
            predictions.equipment_id = equipment.equipment_id
            and predictions.horizon_hours = {{ var('failure_horizon_hours') }}
        -- The newest data first, and of what was said about it the newest word.
        order by predictions.data_watermark desc, predictions.prediction_id desc
        limit 1
    ) as latest on true
    where equipment.is_current

)

select * from final
