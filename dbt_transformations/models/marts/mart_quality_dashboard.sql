{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['equipment_id', 'shift_date'],
    on_schema_change='append_new_columns',
    pre_hook=[
        "{{ take_up_changes(['int_quality_aggregates']) }}",
        "{{ affected_days(ref('int_quality_aggregates'), look_back_days=var('control_baseline_days')) }}"
    ],
    indexes=[
        {'columns': ['equipment_id', 'shift_date', 'product_id', 'plant_id'], 'unique': True},
        {'columns': ['shift_date']},
        {'columns': ['plant_id', 'shift_date']},
    ]
) }}

-- depends_on: {{ ref('dim_equipment') }}
{% if is_incremental() %}
    with needed as (

        select distinct
            affected.equipment_id,
            affected.shift_date - back.days as shift_date
        from affected
        cross join generate_series(0, {{ var('control_baseline_days') }}) as back (days)

    ),

{% else %}
    with
{% endif %}

days as (

    select
        found.equipment_id,
        found.plant_id,
        found.product_id,
        found.shift_date,
        sum(found.inspections)::bigint as inspected,
        coalesce(sum(found.inspections) filter (where found.result = 'Good'), 0)::bigint as good,
        coalesce(sum(found.inspections) filter (where found.result = 'Minor Defect'), 0)::bigint as minor_defects,
        coalesce(sum(found.inspections) filter (where found.result = 'Major Defect'), 0)::bigint as major_defects,
        coalesce(sum(found.inspections) filter (where found.result = 'Reject'), 0)::bigint as rejects
    from {{ ref('int_quality_aggregates') }} as found
    {% if is_incremental() %}
        inner join needed
            on found.equipment_id = needed.equipment_id and found.shift_date = needed.shift_date
    {% endif %}
    group by found.equipment_id, found.plant_id, found.product_id, found.shift_date

),

-- The baseline is the days before, so that a bad day does not widen its own limits.
baseline as (

    select
        *,
        sum(inspected) over before as baseline_inspected,
        sum(inspected - good) over before as baseline_defects,
        sum(inspected - good) over week / sum(inspected) over week as defect_rate_7d
    from days
    window
        before as (
            partition by equipment_id, plant_id, product_id
            order by shift_date
            range between interval '{{ var("control_baseline_days") }} days' preceding and interval '1 day' preceding
        ),
        week as (
            partition by equipment_id, plant_id, product_id
            order by shift_date
            range between interval '6 days' preceding and current row
        )

),

limits as (

    select
        *,
        baseline_defects / nullif(baseline_inspected, 0) as centre_line,
        (inspected - good)::double precision / inspected as defect_rate
    from baseline

),

spread as (

    select
        *,
        3 * sqrt(centre_line * (1 - centre_line) / inspected) as three_sigma
    from limits

),

final as (

    select
        spread.equipment_id,
        spread.plant_id,
        spread.product_id,
        spread.shift_date,
        spread.inspected,
        spread.good,
        spread.minor_defects,
        spread.major_defects,
        spread.rejects,
        spread.inspected - spread.good as defects,
        spread.defect_rate,
        spread.good::double precision / spread.inspected as first_pass_yield,
        spread.defect_rate_7d::double precision as defect_rate_7d,
        coalesce(spread.baseline_inspected, 0)::bigint as baseline_inspected,
        spread.centre_line::double precision as centre_line,
        -- Not of a null: greatest and least would leave it out.
        case
            when spread.centre_line is not null
                then greatest(spread.centre_line - spread.three_sigma, 0)::double precision
        end as lower_limit,
        case
            when spread.centre_line is not null
                then least(spread.centre_line + spread.three_sigma, 1)::double precision
        end as upper_limit,
        spread.defect_rate > spread.centre_line + spread.three_sigma
        or spread.defect_rate < spread.centre_line - spread.three_sigma as is_out_of_control
    from spread
    {{ of_affected('spread', ['equipment_id', 'shift_date']) }}

)

select * from final
