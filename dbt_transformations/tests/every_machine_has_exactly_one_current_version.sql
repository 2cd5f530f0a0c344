select equipment_id
from {{ ref('dim_equipment') }}
group by equipment_id
having count(*) filter (where is_current) != 1
