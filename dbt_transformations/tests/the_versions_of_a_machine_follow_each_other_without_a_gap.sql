select
    versions.equipment_id,
    versions.valid_to,
    versions.next_valid_from
from (
    select
        equipment_id,
        valid_to,
        lead(valid_from) over (partition by equipment_id order by valid_from) as next_valid_from
    from {{ ref('dim_equipment') }}
) as versions
where versions.valid_to is distinct from versions.next_valid_from
