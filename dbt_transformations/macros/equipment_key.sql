{#- The key of a machine's version: the same in every build, so that facts keep it when the dimension is built anew. -#}
{% macro equipment_key(equipment_id, valid_from) -%}
    md5({{ equipment_id }} || '|' || extract(epoch from {{ valid_from }})::text)
{%- endmacro %}


{#- Before any event time that a contract admits. -#}
{% macro beginning() -%}
    timestamptz '1990-01-01 00:00:00+00'
{%- endmacro %}
