{{ config(
    tags=['data_quality'],
    indexes=[{'columns': ['finished_at']}, {'columns': ['stage', 'finished_at']}]
) }}

-- Thirty days back from the newest run of any stage: the table does not grow.
with clock as (

    select
        greatest(
            (select max(measured_at) from {{ source('measured', 'quality_runs') }}),
            (select max(committed_at) from {{ ref('stg_platform_silver_commits') }}),
            (select max(loaded_at) from {{ source('platform', 'loads') }}),
            (select max(finished_at) from {{ ref('stg_dbt_runs') }}),
            (select max(decided_at) from {{ source('decided', 'promotions') }})
        ) - interval '30 days' as since

),

runs as (

    select
        'measure' as stage,
        stream as subject,
        run_id::text as run,
        measured_at as finished_at,
        null::double precision as seconds,
        accepted + rejected as rows_changed,
        'succeeded' as status
    from {{ source('measured', 'quality_runs') }}
    where files > 0 and measured_at > (select clock.since from clock)
    union all
    select
        'cleanse' as stage,
        stream as subject,
        silver_id || '/' || version as run,
        committed_at as finished_at,
        null::double precision as seconds,
        rows_written as rows_changed,
        'succeeded' as status
    from {{ ref('stg_platform_silver_commits') }}
    where committed_at > (select clock.since from clock)
    union all
    select
        'load' as stage,
        table_name as subject,
        load_id::text as run,
        loaded_at as finished_at,
        null::double precision as seconds,
        rows_inserted + rows_updated + rows_deleted as rows_changed,
        'succeeded' as status
    from {{ source('platform', 'loads') }}
    where loaded_at > (select clock.since from clock)
    union all
    select
        'dbt' as stage,
        command as subject,
        invocation_id as run,
        finished_at,
        extract(epoch from finished_at - started_at)::double precision as seconds,
        null::bigint as rows_changed,
        case when failed > 0 then 'failed' else 'succeeded' end as status
    from {{ ref('stg_dbt_runs') }}
    where finished_at > (select clock.since from clock)
    union all
    select
        'promote' as stage,
        model_name as subject,
        promotion_id::text as run,
        decided_at as finished_at,
        null::double precision as seconds,
        null::bigint as rows_changed,
        case when promoted then 'promoted' else 'refused' end as status
    from {{ source('decided', 'promotions') }}
    where decided_at > (select clock.since from clock)

),

final as (

    select * from runs

)

select * from final
