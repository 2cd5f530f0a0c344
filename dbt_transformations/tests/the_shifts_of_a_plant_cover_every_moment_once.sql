-- Stretches of a plant's time that do not begin where the one before ends.
select
    stretches.plant_id,
    stretches.ends_at,
    stretches.next_starts_at
from (
    select
        plant_id,
        ends_at,
        lead(starts_at) over (partition by plant_id order by starts_at) as next_starts_at
    from {{ ref('dim_shift') }}
) as stretches
where stretches.next_starts_at is not null and stretches.ends_at != stretches.next_starts_at
