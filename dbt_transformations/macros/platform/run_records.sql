{#-
    What dbt itself did, kept in the warehouse: `platform.dbt_runs` has one row per run, `platform.dbt_results` one per
    model or test and outcome: as long as it comes out alike, its row only says until when. So the history is whole and
    grows by what changes, not by how often dbt runs.
-#}
{% macro create_run_records() -%}
    create table if not exists platform.dbt_runs (
        invocation_id text primary key,
        command text not null,
        selected text not null,
        started_at timestamptz not null,
        finished_at timestamptz not null,
        succeeded bigint not null,
        failed bigint not null,
        skipped bigint not null
    );
    create table if not exists platform.dbt_results (
        result_id bigint generated always as identity primary key,
        name text not null,
        kind text not null,
        status text not null,
        failures bigint not null,
        message text not null,
        seconds double precision not null,
        first_at timestamptz not null,
        last_at timestamptz not null,
        runs bigint not null default 1
    );
    create index if not exists dbt_results_newest on platform.dbt_results (name, result_id);
{%- endmacro %}


{#- Unit tests are left out: they are about the code. So is a micro-batch that succeeds: there are thousands a day, and
    its load tells of it. -#}
{% macro record_run(results) -%}
    {%- set done = [] -%}
    {%- for result in results if result.node.resource_type in ('model', 'test', 'snapshot', 'seed') -%}
        {%- do done.append(result) -%}
    {%- endfor -%}
    {%- set statuses = done | map(attribute='status') | map('string') | list -%}
    {%- set failed = statuses | select('in', ['error', 'fail', 'runtime error']) | list | length -%}
    {%- set skipped = statuses | select('in', ['skipped']) | list | length -%}
    {%- set selected = invocation_args_dict.get('select', []) | join(' ') -%}
    {%- if done and (failed or 'tag:near_real_time' not in selected) -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt_results', 0));
    insert into platform.dbt_runs values (
        '{{ invocation_id }}',
        '{{ flags.WHICH }}',
        {{ dbt.string_literal(dbt.escape_single_quotes(selected)) }},
        '{{ run_started_at }}', clock_timestamp(),
        {{ done | length - failed - skipped }}, {{ failed }}, {{ skipped }}
    );
    with came as (
        select
            *,
            timestamptz '{{ run_started_at }}' as at
        from (values
        {%- for result in done %}
            (
                '{{ result.node.name }}',
                '{{ result.node.resource_type }}',
                '{{ result.status }}',
                {{ result.failures or 0 }},
                {%- set said = (result.message or '') if result.status in ('error', 'fail', 'runtime error', 'warn') else '' %}
                {{ dbt.string_literal(dbt.escape_single_quotes(said.split() | join(' '))) }},
                {{ result.execution_time }}
            ){{ ',' if not loop.last }}
        {%- endfor %}
        ) as outcomes (name, kind, status, failures, message, seconds)
    ),

    alike as (
        update platform.dbt_results as kept
        set last_at = greatest(kept.last_at, came.at), runs = kept.runs + 1, seconds = came.seconds
        from came
        where
            kept.result_id = (select max(newest.result_id) from platform.dbt_results as newest where newest.name = came.name)
            and kept.status = came.status and kept.failures = came.failures and kept.message = came.message
        returning kept.name
    )

    insert into platform.dbt_results (name, kind, status, failures, message, seconds, first_at, last_at)
    select name, kind, status, failures, message, seconds, at, at
    from came
    where name not in (select alike.name from alike);
    {%- endif -%}
{%- endmacro %}
