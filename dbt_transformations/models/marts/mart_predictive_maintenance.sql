{{ config(indexes=[{'columns': ['equipment_id'], 'unique': True}, {'columns': ['predicted_failure_prob']}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

predictions as (

    select * from {{ ref('int_latest_predictions') }}

),

reliability as (

    select * from {{ ref('int_equipment_reliability') }}

),

final as (

    select
        equipment.equipment_id,
        equipment.equipment_name,
        equipment.equipment_type,
        equipment.plant_id,
        equipment.line_id,
        predictions.probability as predicted_failure_prob,
        predictions.predicted as failure_predicted,
        predictions.threshold,
        predictions.horizon_hours,
        predictions.health_status,
        predictions.factors,
        predictions.top_factor,
        recommended.action as recommendation,
        predictions.model_name,
        predictions.model_version,
        predictions.data_watermark,
        predictions.predicted_at,
        reliability.last_maintenance_time,
        reliability.days_since_maintenance,
        reliability.failures_90_days,
        reliability.mtbf_hours,
        reliability.mttr_hours
    from equipment
    left join predictions on equipment.equipment_id = predictions.equipment_id
    left join reliability on equipment.equipment_id = reliability.equipment_id
    left join lateral (
        -- The expression has to fit the whole name; \1 in the action is what its first parentheses held.
        select
            regexp_replace(
                coalesce(predictions.top_factor, ''), '^(?:' || recommendations.factor || ')$', recommendations.action
            ) as action
        from {{ source('reference', 'recommendations') }} as recommendations
        where
            predictions.health_status = any(recommendations.statuses)
            and coalesce(predictions.top_factor, '') ~ ('^(?:' || recommendations.factor || ')$')
        order by recommendations.position
        limit 1
    ) as recommended on true

)

select * from final
