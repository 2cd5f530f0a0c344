select
    states.equipment_id,
    states.left_at,
    states.next_entered_at
from (
    select
        equipment_id,
        left_at,
        lead(entered_at) over (partition by equipment_id order by entered_at) as next_entered_at
    from {{ ref('int_equipment_states') }}
) as states
where states.left_at is distinct from states.next_entered_at
