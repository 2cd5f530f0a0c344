{{ config(tags=['data_quality'], indexes=[{'columns': ['area', 'subject']}]) }}

with quality as (

    select * from {{ ref('mart_data_quality') }}

),

hours as (

    select * from {{ ref('stg_platform_hours') }}

),

-- The last 24 append hours of the newest record of any stream.
clock as (

    select max(hour) - interval '23 hours' as since
    from hours

),

-- The newest hour in which a rule was judged, of the last 24.
newest as (

    select distinct on (quality.stream, quality.rule, quality.field) quality.*
    from quality
    cross join clock
    where quality.is_judged and quality.hour >= clock.since
    order by quality.stream asc, quality.rule asc, quality.field asc, quality.hour desc

),

rules as (

    select
        'quality' as area,
        stream as subject,
        concat_ws(' ', rule, field) as measure,
        value,
        case when rule in ('volume', 'lost_records') then 'records' else 'share' end as unit,
        threshold,
        case when is_breached then 'breach' else 'ok' end as status,
        hour as as_of,
        case when usual is not null then 'usual: ' || round(usual::numeric, 4) end as detail
    from newest

),

landing as (

    select
        'landing' as area,
        hours.stream as subject,
        day.measure,
        day.value,
        day.unit,
        null::double precision as threshold,
        'ok' as status,
        hours.hour as as_of,
        null::text as detail
    from (
        select
            hours.stream,
            max(hours.hour) as hour,
            sum(hours.accepted)::double precision as accepted,
            sum(hours.rejected)::double precision as rejected,
            sum(hours.consumed)::double precision as consumed
        from hours
        cross join clock
        where hours.hour >= clock.since
        group by hours.stream
    ) as hours
    cross join lateral (
        values
        ('accepted_24h', hours.accepted, 'records'),
        ('rejected_24h', hours.rejected, 'records'),
        ('validation_pass_rate_24h', hours.accepted / nullif(hours.consumed, 0), 'share')
    ) as day (measure, value, unit)

),

lag as (

    select
        'landing' as area,
        stream as subject,
        'lag' as measure,
        lag_records::double precision as value,
        'records' as unit,
        null::double precision as threshold,
        'ok' as status,
        asked_at as as_of,
        null::text as detail
    from {{ ref('stg_platform_lag') }}

),

-- Stale from `as_of` + `value` on: whoever looks has the clock, the table would be wrong a moment later.
freshness as (

    select
        'freshness' as area,
        stream as subject,
        coalesce(machine, 'stream') as measure,
        allowed_seconds as value,
        's' as unit,
        threshold,
        case when is_judged then 'until stale' else 'not judged' end as status,
        newest_append_time as as_of,
        'usual: ' || round(usual_gap_seconds::numeric) || ' s' as detail
    from {{ ref('mart_data_freshness') }}

),

quarantine as (

    select
        'quarantine' as area,
        rejected.stream as subject,
        rejected.reason as measure,
        sum(rejected.records)::double precision as value,
        'records' as unit,
        null::double precision as threshold,
        'ok' as status,
        max(rejected.hour) as as_of,
        'of the last 24 hours' as detail
    from {{ ref('stg_platform_rejected') }} as rejected
    cross join clock
    where rejected.hour >= clock.since
    group by rejected.stream, rejected.reason
    having sum(rejected.records) > 0

),

runs as (

    select
        *,
        max(finished_at) over () - interval '24 hours' as since,
        first_value(status) over (partition by stage order by finished_at desc, run desc) as last_status
    from {{ ref('mart_pipeline_runs') }}

),

pipeline as (

    select
        'pipeline' as area,
        stage as subject,
        'runs_24h' as measure,
        count(*) filter (where finished_at > since)::double precision as value,
        'runs' as unit,
        null::double precision as threshold,
        case last_status when 'failed' then 'breach' else 'ok' end as status,
        max(finished_at) as as_of,
        'the last ' || last_status as detail
    from runs
    group by stage, last_status

),

-- A test that is not run any more says nothing.
tests as (

    select distinct on (results.name) results.*
    from {{ ref('stg_dbt_results') }} as results
    cross join (select max(last_at) as last_at from {{ ref('stg_dbt_results') }}) as newest
    where results.kind = 'test' and results.last_at > newest.last_at - interval '7 days'
    order by results.name asc, results.result_id desc

),

test_results as (

    select
        'tests' as area,
        'dbt' as subject,
        'passing' as measure,
        count(*) filter (where status = 'pass')::double precision as value,
        'tests' as unit,
        null::double precision as threshold,
        'ok' as status,
        max(last_at) as as_of,
        null::text as detail
    from tests
    having count(*) > 0
    union all
    select
        'tests' as area,
        'dbt' as subject,
        name as measure,
        failures::double precision as value,
        'rows' as unit,
        0 as threshold,
        'breach' as status,
        first_at as as_of,
        message as detail
    from tests
    where status in ('fail', 'error')

),

models as (

    select distinct on (model_name)
        'models' as area,
        model_name as subject,
        'champion' as measure,
        to_version::double precision as value,
        'version' as unit,
        null::double precision as threshold,
        'ok' as status,
        decided_at as as_of,
        reason as detail
    from {{ source('decided', 'promotions') }}
    where promoted
    order by model_name asc, promotion_id desc

),

final as (

    select * from rules
    union all
    select * from landing
    union all
    select * from lag
    union all
    select * from freshness
    union all
    select * from quarantine
    union all
    select * from pipeline
    union all
    select * from test_results
    union all
    select * from models

)

select * from final
