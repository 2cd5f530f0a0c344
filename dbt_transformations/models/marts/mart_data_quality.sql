{{ config(
    materialized='incremental',
    incremental_strategy='replace_affected',
    unique_key=['stream', 'hour'],
    on_schema_change='append_new_columns',
    tags=['data_quality'],
    pre_hook=["{{ affected_quality_hours() }}"],
    indexes=[
        {'columns': ['stream', 'hour']},
        {'columns': ['hour']},
        {'columns': ['run_id']},
        {'columns': ['is_complete']},
    ]
) }}

with clock as (

    -- An hour is over once any stream has a record of a later one.
    select max(hour) as newest_hour from {{ ref('stg_platform_hours') }}

),

hours as (

    select
        hours.*,
        hours.hour < clock.newest_hour as is_complete
    from {{ ref('stg_platform_hours') }} as hours
    cross join clock
    {{ of_affected('hours', ['stream', 'hour']) }}

),

cleansed as (

    select
        stream,
        date_trunc('hour', newest_append_time, 'UTC') as hour,
        sum(records)::double precision as records,
        sum(duplicates)::double precision as duplicates,
        max(run_id) as run_id
    from {{ ref('stg_platform_silver_commits') }}
    where
        newest_append_time is not null
        {% if is_incremental() %}
            and newest_append_time >= (select min(affected.hour) from affected)
        {% endif %}
    group by 1, 2

),

of_hours as (

    select
        hours.stream,
        hours.hour,
        hours.is_complete,
        greatest(hours.run_id, cleansed.run_id) as run_id,
        measures.rule,
        null::text as field,
        true as is_channel,
        measures.value,
        measures.records::bigint as records
    from hours
    left join cleansed on hours.stream = cleansed.stream and hours.hour = cleansed.hour
    left join lateral {{ quality_rule("'late_share'", 'hours.stream') }} as late on true
    cross join lateral (
        values
        ('validation_pass_rate', hours.accepted / nullif(hours.consumed, 0)::double precision, hours.consumed),
        (
            'late_share',
            (
                hours.delay_24h
                + case when late.late_after_seconds <= 3600 then hours.delay_6h else 0 end
                + case when late.late_after_seconds <= 600 then hours.delay_1h else 0 end
                + case when late.late_after_seconds <= 60 then hours.delay_10m else 0 end
            -- In an hour most of which is history, the youngest records are the history's end, and not late.
            ) / nullif(
                case when 2 * hours.delay_more <= hours.accepted then hours.accepted - hours.delay_more end, 0
            )::double precision,
            hours.accepted - hours.delay_more
        ),
        ('out_of_order_share', hours.out_of_order / nullif(hours.accepted, 0)::double precision, hours.accepted),
        ('duplicate_share', cleansed.duplicates / nullif(cleansed.records, 0), cleansed.records),
        ('lost_records', hours.lost::double precision, hours.consumed + hours.lost),
        ('volume', (hours.consumed - hours.delay_more)::double precision, hours.consumed - hours.delay_more)
    ) as measures (rule, value, records)

),

of_fields as (

    select
        hours.stream,
        hours.hour,
        hours.is_complete,
        hours.run_id,
        'null_share' as rule,
        fields.field,
        fields.is_channel,
        fields.nulls / nullif(fields.records, 0)::double precision as value,
        fields.records
    from hours
    inner join {{ ref('stg_platform_fields') }} as fields
        on hours.stream = fields.stream and hours.hour = fields.hour

),

measured as (

    select * from of_hours
    union all
    select * from of_fields

),

-- The same hour of the last four weeks, where there are three of them; else of the last seven days.
usual_volumes as (

    select
        measured.stream,
        measured.hour,
        usual.median,
        (
            select percentile_cont(0.5) within group (order by abs(chosen.value - usual.median))
            from unnest(past.volumes) as chosen (value)
        ) as mad
    from measured
    cross join
        lateral (
            select
                case
                    when count(*) filter (where days.back % 7 = 0) >= 3
                        then array_agg(hours.consumed - hours.delay_more) filter (where days.back % 7 = 0)
                    when count(*) filter (where days.back <= 7) >= 3
                        then array_agg(hours.consumed - hours.delay_more) filter (where days.back <= 7)
                end as volumes
            from generate_series(1, 28) as days (back)
            inner join {{ ref('stg_platform_hours') }} as hours
                on measured.stream = hours.stream and hours.hour = measured.hour - days.back * interval '24 hours'
        ) as past
    cross join
        lateral (
            select percentile_cont(0.5) within group (order by chosen.value) as median
            from unnest(past.volumes) as chosen (value)
        ) as usual
    where measured.rule = 'volume'

),

usual_nulls as (

    select
        measured.stream,
        measured.hour,
        measured.field,
        percentile_cont(0.5) within group (order by past.nulls / past.records::double precision) as median
    from measured
    inner join {{ ref('stg_platform_fields') }} as past
        on
            measured.stream = past.stream
            and measured.field = past.field
            and measured.hour > past.hour
            and measured.hour - interval '24 hours' <= past.hour
    where measured.rule = 'null_share' and past.records > 0
    group by 1, 2, 3
    having count(*) >= 3

),

with_usual as (

    select
        measured.*,
        coalesce(usual_volumes.median, usual_nulls.median) as usual,
        -- A robust standard deviation; a volume that hardly varies still has one, of 5 %.
        greatest(1.4826 * usual_volumes.mad, 0.05 * usual_volumes.median) as spread
    from measured
    left join usual_volumes
        on measured.rule = 'volume' and measured.stream = usual_volumes.stream and measured.hour = usual_volumes.hour
    left join usual_nulls
        on
            measured.rule = 'null_share'
            and measured.stream = usual_nulls.stream
            and measured.hour = usual_nulls.hour
            and measured.field = usual_nulls.field

),

with_rules as (

    select
        found.*,
        rules.threshold,
        rules.severity,
        coalesce(
            rules.threshold is not null
            and case found.rule
                when 'volume' then found.is_complete and found.usual >= rules.least_records and found.spread > 0
                when 'null_share' then found.usual is not null and found.records >= rules.least_records
                else found.value is not null and found.records >= rules.least_records
            end,
            false
        ) as is_judged,
        case found.rule
            when 'validation_pass_rate' then rules.threshold - found.value
            when 'null_share' then found.value - found.usual - rules.threshold
            when 'volume' then abs(found.value - found.usual) / nullif(found.spread, 0) - rules.threshold
            else found.value - rules.threshold
        end as beyond
    from with_usual as found
    left join
        lateral
        {{ quality_rule('found.rule', 'found.stream', "coalesce(found.field, '*')", 'found.is_channel') }} as rules
        on true

),

final as (

    select
        stream,
        hour,
        rule,
        field,
        value,
        usual,
        case rule when 'volume' then (value - usual) / nullif(spread, 0) when 'null_share' then value - usual end
            as deviation,
        threshold,
        records,
        is_complete,
        is_judged,
        is_judged and beyond > 1e-12 as is_breached,
        severity,
        run_id,
        {{ quality_rules_version() }} as rules_version
    from with_rules
    where value is not null or rule in ('validation_pass_rate', 'volume', 'lost_records')

)

select * from final
