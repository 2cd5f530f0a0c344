{#- Hours whose measures may be another: they were counted again, an hour that is their usual was, they were not over yet,
    or the rules are others. What is new has a greater run_id than all that the model holds (platform.quality_runs). -#}
{% macro affected_quality_hours() -%}
    {%- if is_incremental() -%}
    {%- set hours, commits = ref('stg_platform_hours'), ref('stg_platform_silver_commits') -%}
    {%- set seen = "(select coalesce(max(run_id), -1) from " ~ this ~ ")" -%}
    {%- set changed -%}
        select stream, hour from {{ hours }} where run_id > {{ seen }}
        union
        select stream, date_trunc('hour', newest_append_time, 'UTC') from {{ commits }}
        where run_id > {{ seen }} and newest_append_time is not null
    {%- endset -%}
    {%- set queries = [
        changed,
        "select later.stream, later.hour from (" ~ changed ~ ") as changed inner join " ~ hours ~ " as later"
        ~ " on changed.stream = later.stream and later.hour > changed.hour"
        ~ " and later.hour <= changed.hour + interval '" ~ quality_usual_hours() ~ " hours'",
        "select stream, hour from " ~ this ~ " where not is_complete",
        "select stream, hour from " ~ hours ~ " where (select max(rules_version) from " ~ this ~ ")"
        ~ " is distinct from " ~ quality_rules_version(),
    ] -%}
    {{ store_affected(['stream', 'hour'], queries) }}
    {%- endif -%}
{%- endmacro %}


{#- Hours that the usual reaches back: four weeks. -#}
{% macro quality_usual_hours() -%}672{%- endmacro %}


{#- The version of the rules that the warehouse holds. -#}
{% macro quality_rules_version() -%}
    (select max(versions.version) from {{ source('rules', 'versions') }} as versions where versions.table_name = 'quality_rules')
{%- endmacro %}
