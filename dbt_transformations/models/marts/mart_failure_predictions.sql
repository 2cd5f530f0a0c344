-- A view: predictions are appended and never change, and Postgres looks through it down to their indexes.
{{ config(materialized='view') }}

select
    predictions.prediction_id,
    predictions.equipment_id,
    equipment.equipment_name,
    equipment.plant_id,
    equipment.line_id,
    predictions.data_watermark,
    predictions.horizon_hours,
    predictions.probability,
    predictions.threshold,
    predictions.predicted as failure_predicted,
    predictions.top_factor,
    predictions.factors,
    predictions.model_name,
    predictions.model_version,
    predictions.predicted_at
from {{ ref('stg_ml_predictions') }} as predictions
inner join {{ ref('dim_equipment') }} as equipment
    on predictions.equipment_id = equipment.equipment_id and equipment.is_current
where predictions.horizon_hours = {{ var('failure_horizon_hours') }}
