-- depends_on: {{ ref('mart_quality_dashboard') }}
with clock as (

    select max(shift_date) as today from {{ ref('mart_quality_dashboard') }}

),

inspected as (

    select
        days.plant_id,
        sum(days.inspected) as inspected
    from {{ ref('mart_quality_dashboard') }} as days
    cross join clock
    where days.shift_date > clock.today - {{ var('pareto_days') }}
    group by grouping sets ((days.plant_id), ())

),

counted as (

    select
        defects.plant_id,
        defects.defect_type,
        sum(defects.defects) as defects
    from {{ ref('mart_quality_defects') }} as defects
    cross join clock
    where defects.shift_date > clock.today - {{ var('pareto_days') }}
    group by grouping sets ((defects.plant_id, defects.defect_type), (defects.defect_type))

),

-- Greatest first; of two that are as frequent, by name.
ranked as (

    select
        *,
        row_number() over frequent as rank,
        sum(defects) over frequent as defects_so_far,
        sum(defects) over (partition by plant_id) as all_defects
    from counted
    window frequent as (
        partition by plant_id
        order by defects desc, defect_type asc
        rows between unbounded preceding and current row
    )

),

final as (

    select
        ranked.plant_id,
        ranked.rank::integer as rank,
        ranked.defect_type,
        ranked.defects::bigint as defects,
        (ranked.defects / ranked.all_defects)::double precision as share,
        (ranked.defects_so_far / ranked.all_defects)::double precision as cumulative_share,
        (ranked.defects / inspected.inspected)::double precision as defect_rate
    from ranked
    inner join inspected on ranked.plant_id is not distinct from inspected.plant_id

)

select * from final
