{#- The key of a machine's version: the same in every build, so that facts keep it when the dimension is built anew. -#}
{% macro equipment_key(equipment_id, valid_from) -%}
    md5({{ equipment_id }} || '|' || extract(epoch from {{ valid_from }})::text)
{%- endmacro %}


{#- Before any event time that a contract admits. -#}
{% macro beginning() -%}
    timestamptz '1990-01-01 00:00:00+00'
{%- endmacro %}


{#- Which version of a machine (`equipment`) holds for a row: that in force at its event time. -#}
{% macro was_in_force_at(rows) -%}
    {{ rows }}.equipment_id = equipment.equipment_id
    and {{ rows }}.event_time >= equipment.valid_from
    and ({{ rows }}.event_time < equipment.valid_to or equipment.valid_to is null)
{%- endmacro %}
