{{ config(tags=['data_quality'], indexes=[{'columns': ['stream', 'machine']}]) }}

with machines as (

    select
        machines.stream,
        machines.machine,
        machines.newest_event_time,
        machines.newest_append_time,
        machines.last_delay_seconds,
        gaps.usual_gap_seconds,
        gaps.long_gap_seconds
    from {{ ref('stg_platform_machines') }} as machines
    -- The second longest of twenty: one holiday is not what is usual. Fewer than six say nothing.
    cross join lateral (
        select
            percentile_cont(0.5) within group (order by gap.seconds) as usual_gap_seconds,
            (array_agg(gap.seconds order by gap.seconds desc))[2]::double precision as long_gap_seconds
        from unnest(machines.gaps) as gap (seconds)
        where cardinality(machines.gaps) >= 6
    ) as gaps

),

streams as (

    select
        stream,
        null::text as machine,
        max(newest_event_time) as newest_event_time,
        max(newest_append_time) as newest_append_time,
        (array_agg(last_delay_seconds order by newest_append_time desc, machine asc))[1] as last_delay_seconds,
        percentile_cont(0.5) within group (order by usual_gap_seconds) as usual_gap_seconds,
        percentile_cont(0.5) within group (order by long_gap_seconds) as long_gap_seconds
    from machines
    group by stream

),

held as (

    select
        streams.*,
        rules.threshold,
        rules.least_seconds,
        rules.severity
    from streams
    left join lateral {{ quality_rule("'freshness'", 'streams.stream') }} as rules on true
    union all
    select
        machines.*,
        rules.threshold,
        rules.least_seconds,
        rules.severity
    from machines
    left join lateral {{ quality_rule("'machine_freshness'", 'machines.stream') }} as rules on true

),

final as (

    select
        stream,
        machine,
        newest_event_time,
        newest_append_time,
        usual_gap_seconds,
        greatest(threshold * long_gap_seconds, least_seconds) as allowed_seconds,
        newest_append_time
        + greatest(threshold * long_gap_seconds, least_seconds) * interval '1 second' as stale_at,
        -- What came last was no history of a replay, which ends when it has been sent.
        last_delay_seconds <= 3600 as is_live,
        last_delay_seconds <= 3600 and threshold is not null and long_gap_seconds is not null as is_judged,
        threshold,
        severity
    from held

)

select * from final
