{#-
    How a model that reads other models knows what is new to it.

    A model that tells of its changes writes into `platform.changes`, in the transaction of its rows, from when to when
    a machine's rows are others now. A model that follows it takes up what was told since its own last run
    (`platform.followed`), in the transaction of its rows too. So a late row changes what it touches in every model
    behind it, and nothing else; a run that fails leaves its changes for the next. Runs of one model queue (the lock of
    `take_up_…`), so its changes become visible in the order of their ids.
-#}
{% macro create_changes() %}
    create table if not exists platform.changes (
        change_id bigint generated always as identity primary key,
        model text not null,
        -- Null: every machine.
        equipment_id text,
        since timestamptz not null,
        until timestamptz not null,
        told_at timestamptz not null default now()
    );
    create index if not exists changes_by_model on platform.changes (model, change_id);
    create table if not exists platform.followed (
        model text not null,
        upstream text not null,
        change_id bigint not null,
        primary key (model, upstream)
    );
{% endmacro %}


{#- Fills the temporary table `changed` (equipment_id, since, until; both ends included) with what the models upstream
    have told since this model's last run. Empty in a full refresh, which reads everything. -#}
{% macro take_up_changes(upstreams) -%}
    {%- set names = "array['" ~ upstreams | join("', '") ~ "']" -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt.{{ this.identifier }}', 0));
    {% if not is_incremental() -%}
    delete from platform.followed where model = '{{ this.identifier }}';
    {% endif -%}
    create temporary table pending_changes on commit drop as
    select changes.*
    from platform.changes as changes
    left join platform.followed as followed
        on followed.model = '{{ this.identifier }}' and followed.upstream = changes.model
    where changes.model = any({{ names }}) and changes.change_id > coalesce(followed.change_id, 0);
    insert into platform.followed (model, upstream, change_id)
    select '{{ this.identifier }}', model, max(change_id) from pending_changes group by model
    on conflict (model, upstream) do update set change_id = excluded.change_id;
    {% if is_incremental() -%}
    create temporary table changed on commit drop as
    select equipment_id, lower(span) as since, upper(span) as until
    from (
        select equipment_id, unnest(range_agg(tstzrange(since, until, '[]'))) as span
        from (
            select equipment_id, since, until from pending_changes where equipment_id is not null
            union all
            select machines.equipment_id, everything.since, everything.until
            from pending_changes as everything
            cross join (
                select equipment_id from {{ ref('dim_equipment') }}
                union
                select equipment_id from {{ this }}
            ) as machines
            where everything.equipment_id is null
        ) as told
        group by equipment_id
    ) as merged;
    analyze changed;
    {%- endif %}
{%- endmacro %}


{#- Tell followers which of a machine's rows are others now. `since` and `until` are expressions over the rows of
    `affected`; a full refresh tells of everything. What every follower has taken up goes after a week. -#}
{% macro tell_changes(since, until=none) -%}
    {% if is_incremental() -%}
    insert into platform.changes (model, equipment_id, since, until)
    select '{{ this.identifier }}', equipment_id, min({{ since }}), max({{ until or since }})
    from affected
    group by equipment_id, date_trunc('day', {{ since }}, 'UTC');
    {%- else -%}
    {{ tell_of_everything() }}
    {%- endif %}
    {{ forget_taken_up_changes() }}
{%- endmacro %}


{% macro tell_of_everything() -%}
    insert into platform.changes (model, since, until) values ('{{ this.identifier }}', '-infinity', 'infinity');
{%- endmacro %}


{#- Of a table that is made anew in each run: keep its rows as they were, in the temporary table `before`. -#}
{% macro remember_rows() -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt.{{ this.identifier }}', 0));
    {%- if load_relation(this) is not none -%}
    create temporary table before on commit drop as select * from {{ this }};
    {%- else -%}
    create temporary table before on commit drop as select 1 where false;
    {%- endif -%}
{%- endmacro %}


{#- Then tell which machines' rows differ; see `remember_rows`. The table's first build tells of everything. -#}
{% macro tell_differences(since, until) -%}
    {%- if execute -%}
    {%- set columns = adapter.get_columns_in_relation(this) | map(attribute='quoted') | join(', ') -%}
    {%- set before = run_query(
        "select count(*) from pg_attribute where attrelid = to_regclass('pg_temp.before') and attnum > 0"
    ).columns[0].values()[0] -%}
    {%- if before == adapter.get_columns_in_relation(this) | length -%}
    insert into platform.changes (model, equipment_id, since, until)
    select '{{ this.identifier }}', equipment_id, min({{ since }}), max({{ until }})
    from (
        (select {{ columns }} from before except select {{ columns }} from {{ this }})
        union all
        (select {{ columns }} from {{ this }} except select {{ columns }} from before)
    ) as differing
    group by equipment_id;
    {%- else -%}
    {{ tell_of_everything() }}
    {%- endif %}
    {{ forget_taken_up_changes() }}
    {%- endif -%}
{%- endmacro %}


{% macro forget_taken_up_changes() -%}
    delete from platform.changes
    where
        model = '{{ this.identifier }}'
        and told_at < now() - interval '7 days'
        and change_id <= (select min(change_id) from platform.followed where upstream = '{{ this.identifier }}');
{%- endmacro %}
