-- A view, so that an alarm is gone from it as soon as the states know that it was cleared.
{{ config(materialized='view') }}

select
    alerts.alert_id,
    alerts.equipment_id,
    equipment.equipment_name,
    equipment.plant_id,
    equipment.line_id,
    alerts.rule,
    alerts.severity,
    alerts.channel,
    alerts.first_heard_at,
    alerts.last_heard_at
from {{ ref('int_alert_states') }} as alerts
inner join {{ ref('dim_equipment') }} as equipment
    on alerts.equipment_id = equipment.equipment_id and equipment.is_current
where alerts.state = 'raised'
