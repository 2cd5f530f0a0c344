-- Machines whose units by shift are not those of their intervals. Only when all that was loaded has been taken up.
select
    made.equipment_id,
    made.units,
    counted.units as units_by_shift
from (
    select
        equipment_id,
        sum(units) as units
    from {{ ref('fact_production_metrics') }}
    group by equipment_id
) as made
left join (
    select
        equipment_id,
        sum(units) as units
    from {{ ref('mart_production_kpis') }}
    group by equipment_id
) as counted on made.equipment_id = counted.equipment_id
where
    abs(made.units - coalesce(counted.units, 0)) > 0.000001 * made.units
    and not exists (
        select 1
        from {{ source('platform', 'changes') }} as changes
        left join {{ source('platform', 'followed') }} as followed
            on changes.model = followed.upstream and followed.model = 'int_production_by_shift'
        where changes.model = 'fact_production_metrics' and changes.change_id > coalesce(followed.change_id, 0)
    )
