select equipment.equipment_id
from {{ ref('dim_equipment') }} as equipment
left join {{ ref('mart_equipment_health') }} as health on equipment.equipment_id = health.equipment_id
left join {{ ref('mart_predictive_maintenance') }} as maintenance on equipment.equipment_id = maintenance.equipment_id
where health.equipment_id is null or maintenance.equipment_id is null
