{{ config(indexes=[{'columns': ['equipment_id', 'event_time']}, {'columns': ['event_time']}]) }}

with equipment as (

    select * from {{ ref('dim_equipment') }}
    where is_current

),

-- Now is the newest of what was said.
clock as (

    select max(event_time) as now_time from {{ ref('stg_ml_quality_predictions') }}

),

-- One word per unit: the newest version's.
said as (

    select distinct on (
        predictions.model_name,
        predictions.equipment_id,
        predictions.event_time,
        predictions.inspection_id
    ) predictions.*
    from {{ ref('stg_ml_quality_predictions') }} as predictions
    cross join clock
    where predictions.event_time > clock.now_time - interval '{{ var("shown_days") }} days'
    order by
        predictions.model_name asc,
        predictions.equipment_id asc,
        predictions.event_time asc,
        predictions.inspection_id asc,
        predictions.model_version desc,
        predictions.quality_prediction_id desc

),

final as (

    select
        said.quality_prediction_id,
        said.equipment_id,
        equipment.equipment_name,
        equipment.plant_id,
        said.event_time,
        said.inspection_id,
        said.product_id,
        said.defect_probability,
        said.threshold,
        said.predicted as defect_predicted,
        said.result as predicted_result,
        said.probabilities,
        said.defect_type as predicted_defect_type,
        said.factors,
        inspections.result as actual_result,
        inspections.defect_type as actual_defect_type,
        not inspections.is_good as is_defect,
        said.predicted = (not inspections.is_good) as was_right,
        said.model_name,
        said.model_version,
        said.data_watermark,
        said.predicted_at
    from said
    inner join equipment on said.equipment_id = equipment.equipment_id
    left join {{ ref('fact_quality_inspections') }} as inspections
        on
            said.equipment_id = inspections.equipment_id
            and said.event_time = inspections.event_time
            and said.inspection_id = inspections.inspection_id

)

select * from final
