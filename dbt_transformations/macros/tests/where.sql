{#- Which rows a generic test looks at, so that its cost does not grow with history: of what grows with the readings, the
    last days by the data's clock; of raw, what the loads of the last days brought. What came before was tested then.
    `dbt test --vars 'tested_days: 36500'` tests everything.

    dbt calls this for every generic test. `where: __recently_loaded__` is set in dbt_project.yml. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where', '') -%}
    {%- set time = {
        'fact_sensor_readings': 'event_time',
        'int_equipment_metrics_hourly': 'hour',
        'int_failure_labels': 'hour',
    }.get(relation.identifier) -%}
    {%- if where -%}
        (select * from {{ relation }} where {{ where | replace('__recently_loaded__', recently_loaded()) }}) as recent_rows
    {%- elif time -%}
        (select * from {{ relation }} where {{ in_the_last_days(relation, time) }}) as recent_rows
    {%- else -%}
        {{ relation }}
    {%- endif -%}
{%- endmacro %}


{% macro recently_loaded(column='_load_id') -%}
    {{ column }} >= (
        select coalesce(min(recent.load_id), 9223372036854775807)
        from platform.loads as recent
        where recent.loaded_at > current_timestamp - interval '{{ var("tested_days") }} days'
    )
{%- endmacro %}


{#- The newest moment by the index of (equipment_id, time): there may be none of time alone. -#}
{% macro in_the_last_days(relation, time) -%}
    {{ time }} > (
        select max((select max(own.{{ time }}) from {{ relation }} as own where own.equipment_id = machines.equipment_id))
        from {{ distinct_keys(relation, 'equipment_id') }} as machines
    ) - interval '{{ var("tested_days") }} days'
{%- endmacro %}
