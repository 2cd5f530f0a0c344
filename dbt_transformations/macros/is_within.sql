{#- Whether the next failure comes within a horizon; null while that is not known. -#}
{% macro is_within(horizon) -%}
    case
            when next_failures.next_failure_time is not null
                then next_failures.next_failure_time <= next_failures.last_reading_time + {{ horizon }}
            when next_failures.last_reading_time + {{ horizon }} <= clock.now_time then false
        end
{%- endmacro %}
