{#-
    How an incremental model knows what is new to it.

    `platform.applied_loads` holds, for each model, the loads (platform.loads) whose rows are in it. A run writes the
    ledger's rows and the model's rows in one transaction, so a run that fails leaves its loads for the next, and a
    load that commits while a run is under way is simply not in that run's ledger. The window comes from what was
    loaded, never from a time: a late row is found however old it is.

    A model says in its pre-hooks which raw tables it follows (`take_up_loads`), and which of its keys their new loads
    affect (`affected_…`, into the temporary table `affected`). The strategy `replace_affected` deletes those keys and
    inserts what the model's query gives for them now. A full refresh starts the ledger anew.
-#}
{% macro create_ledger() -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.ddl', 0));
    create schema if not exists platform;
    create table if not exists platform.applied_loads (
        model text not null,
        load_id bigint not null,
        applied_at timestamptz not null default now(),
        primary key (model, load_id)
    );
    {{- create_changes() }}
{%- endmacro %}


{#- The loads that are new to this model. `tables` maps each raw table it follows to the model that hands its rows on,
    or to none where it reads staging itself: what the model between has not taken up yet is not there to be read. -#}
{% macro take_up_loads(tables) -%}
    select pg_advisory_xact_lock(hashtextextended('millwright.dbt.{{ this.identifier }}', 0));
    {% if not is_incremental() -%}
    delete from platform.applied_loads where model = '{{ this.identifier }}';
    {% endif -%}
    create temporary table pending_loads on commit drop as
    select loads.load_id, loads.table_name, loads.rows_deleted
    from platform.loads as loads
    where not exists (
        select 1 from platform.applied_loads as applied
        where applied.model = '{{ this.identifier }}' and applied.load_id = loads.load_id
    )
    and (
    {%- for table, through in tables.items() %}
        loads.table_name = '{{ table }}'
        {%- if through is not none %} and exists (
            select 1 from platform.applied_loads as applied
            where applied.model = '{{ through }}' and applied.load_id = loads.load_id
        )
        {%- endif %}
        {{ "or" if not loop.last }}
    {%- endfor %}
    );
    insert into platform.applied_loads (model, load_id) select '{{ this.identifier }}', load_id from pending_loads;
{%- endmacro %}


{#- Ids of the new loads of a table, as an SQL array. Written out, so that the index on _load_id can be used. -#}
{% macro pending(table) -%}
    {%- set found = run_query("select load_id from pending_loads where table_name = '" ~ table ~ "'") -%}
    array[{{ found.columns[0].values() | join(', ') }}]::bigint []
{%- endmacro %}


{#- Whether any of a table's new loads deleted rows. Those left no trace in raw, so they are found by comparing. -#}
{% macro pending_deletions(table) -%}
    {%- set query = "select count(*) from pending_loads where rows_deleted > 0 and table_name = '" ~ table ~ "'" -%}
    {{ return(run_query(query).columns[0].values()[0] > 0) }}
{%- endmacro %}


{% macro store_affected(columns, queries) -%}
    {#- Many keys spill; and two workers' half-made groups take minutes to join where one's take seconds. #}
    set local work_mem = '64MB';
    set local max_parallel_workers_per_gather = 0;
    create temporary table affected on commit drop as
    select distinct * from (
    {% for query in queries -%}
    {{ query }}
    {{ "union all" if not loop.last }}
    {% endfor -%}
    ) as keys;
    create index on affected ({{ columns | join(', ') }});
    analyze affected;
{%- endmacro %}


{#- In an incremental run, only those rows whose key is among the affected. -#}
{% macro of_affected(rows, columns) -%}
    {%- if is_incremental() -%}
    inner join affected
        on {% for column in columns -%}
        {{ rows }}.{{ column }} = affected.{{ column }}{{ " and " if not loop.last }}
        {%- endfor %}
    {%- endif -%}
{%- endmacro %}


{#- `unique_key` is the key of `affected`, which may be coarser than the model's grain. -#}
{% macro get_incremental_replace_affected_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') %}
    delete from {{ arguments['target_relation'] }} as old
    using affected
    where {% for column in arguments['unique_key'] -%}
        old.{{ column }} = affected.{{ column }}{{ " and " if not loop.last }}
    {%- endfor %};
    insert into {{ arguments['target_relation'] }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }};
{%- endmacro %}


{#- For a small model whose query gives all rows each time, and which views read: replacing the table would drop them.
    Only rows that differ are written, so that a run that finds nothing new writes nothing. -#}
{% macro get_incremental_replace_differing_sql(arguments) -%}
    {%- set columns = arguments['dest_columns'] | map(attribute='quoted') | join(', ') %}
    {%- set target, key = arguments['target_relation'], arguments['unique_key'] %}
    delete from {{ target }} as old
    using (select {{ columns }} from {{ target }} except select {{ columns }} from {{ arguments['temp_relation'] }}) as gone
    where old.{{ key }} = gone.{{ key }};
    insert into {{ target }} ({{ columns }})
    select {{ columns }} from {{ arguments['temp_relation'] }} except select {{ columns }} from {{ target }};
{%- endmacro %}
