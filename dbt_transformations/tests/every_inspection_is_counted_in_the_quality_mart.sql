-- Machines whose inspections by day are not those that there are. Only when all that was loaded has been taken up.
select
    inspected.equipment_id,
    inspected.inspections,
    counted.inspections as inspections_by_day
from (
    select
        equipment_id,
        count(*) as inspections
    from {{ ref('fact_quality_inspections') }}
    group by equipment_id
) as inspected
left join (
    select
        equipment_id,
        sum(inspected) as inspections
    from {{ ref('mart_quality_dashboard') }}
    group by equipment_id
) as counted on inspected.equipment_id = counted.equipment_id
where
    inspected.inspections is distinct from counted.inspections
    and not exists (
        select 1
        from {{ source('platform', 'changes') }} as changes
        left join {{ source('platform', 'followed') }} as followed
            on changes.model = followed.upstream and followed.model = 'int_quality_aggregates'
        where changes.model = 'fact_quality_inspections' and changes.change_id > coalesce(followed.change_id, 0)
    )
