{#- The rule that holds for a stream and a field, all of them SQL expressions: the entry that names most. Join it
    `left join lateral … on true`. -#}
{% macro quality_rule(rule, stream, field="'*'", is_channel='true') -%}
    (
        select
            rules.threshold,
            rules.least_records,
            rules.least_seconds,
            rules.late_after_seconds,
            rules.severity
        from {{ source('rules', 'quality_rules') }} as rules
        where
            rules.rule = {{ rule }}
            and rules.stream in ({{ stream }}, '*')
            and (rules.field = {{ field }} or (rules.field = '*' and {{ is_channel }}))
        order by rules.stream = '*', rules.field = '*'
        limit 1
    )
{%- endmacro %}
